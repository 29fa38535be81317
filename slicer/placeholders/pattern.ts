/**
 * Regular expressions by RE2, which takes linear time, because the patterns come from users. It has no back references and no
 * look-around, which OrcaSlicer's own engine has; such a pattern is an error.
 */
import { RE2JS } from 're2js'
import { limits } from './limits.ts'
import { fail, type Scope, spend } from './scope.ts'

/** Compiling an instruction takes as long as running it on this many characters. */
const compileSteps = 10
// As in OrcaSlicer's engine: a point matches any character including line breaks; ^ and $ match at every line.
const flags = RE2JS.DOTALL | RE2JS.MULTILINE

/** True when the pattern matches the whole text. */
export function matches(scope: Scope, at: number, pattern: string, text: string): boolean {
  if (pattern.length > limits.patternLength) {
    fail(scope, at, `A regular expression longer than ${limits.patternLength} characters.`)
  }
  const compiled = compile(scope, at, pattern)
  spend(scope, at, (text.length + compileSteps) * compiled.programSize())
  return compiled.matches(text)
}

function compile(scope: Scope, at: number, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, flags)
  } catch (error) {
    const reason = (error as Error).message.replace('(?m)(?s)', '')
    return fail(scope, at, `Regular expression compilation failed: ${reason}`)
  }
}
