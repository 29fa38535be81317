import { assign, define } from './assign.ts'
import { evaluate, isTrue } from './evaluate.ts'
import { type Budget, limits } from './limits.ts'
import { resultText } from './operators.ts'
import { fail, type Scope, spend } from './scope.ts'
import type { Part, Template } from './tree.ts'
import type { Lookup, Variables } from './value.ts'
import { bracketText } from './variables.ts'

/** Joining text is much faster than evaluating, so many characters count as one step. */
const charactersPerStep = 16

export interface Surroundings {
  lookup: Lookup
  /** The current extruder, from 0: the index of a vector that is used without one. */
  extruder: number
  /** From 0 to below 1. */
  random: () => number
  /** Variables shared by all templates of a print, changed in place. Left out: `global` variables end with the template. */
  globals?: Variables
  /** Values that a template may set for its caller (in Orca: position, zhop, e_retracted), changed in place. */
  outputs?: Variables
  /** May be shared by several expansions. */
  budget?: Budget
}

/**
 * Expands a template to text. Branches that are not taken are not evaluated: they may use unknown names.
 * Errors: PlaceholderError, also when the budget is used up.
 */
export function expand(template: Template, surroundings: Surroundings): string {
  const { lookup, extruder, random } = surroundings
  const { globals = new Map(), outputs = new Map(), budget = { steps: limits.steps } } = surroundings
  const scope: Scope = { template, lookup, random, extruder, locals: new Map(), globals, outputs, budget }
  const printed: Printed = { texts: [], length: 0 }
  print(scope, template.body, printed)
  return printed.texts.join('')
}

interface Printed {
  texts: string[]
  /** The total length of `texts`. */
  length: number
}

function print(scope: Scope, parts: readonly Part[], printed: Printed): void {
  for (const part of parts) {
    if (part.kind === 'if') {
      const branch = part.branches.find(({ condition }) => condition === null || isTrue(scope, condition))
      if (branch) print(scope, branch.body, printed)
    } else if (part.kind === 'assign') assign(scope, part)
    else if (part.kind === 'define') define(scope, part)
    else add(scope, part, printed)
  }
}

type PrintingPart = Exclude<Part, { kind: 'if' | 'assign' | 'define' }>

function add(scope: Scope, part: PrintingPart, printed: Printed): void {
  const at = part.kind === 'print' ? part.expression.at : part.kind === 'bracket' ? part.at : 0
  const text = textOf(scope, part)
  spend(scope, at, 1 + text.length / charactersPerStep)
  printed.length += text.length
  if (printed.length > limits.outputLength) fail(scope, at, `Expands to more than ${limits.outputLength} characters.`)
  printed.texts.push(text)
}

function textOf(scope: Scope, part: PrintingPart): string {
  if (part.kind === 'text') return part.text
  if (part.kind === 'bracket') return bracketText(scope, part)
  return resultText(evaluate(scope, part.expression))
}
