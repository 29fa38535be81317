import { assign, define } from './assign.ts'
import { evaluate, isTrue } from './evaluate.ts'
import { type Budget, limits } from './limits.ts'
import { resultText } from './operators.ts'
import { fail, type Scope, spend } from './scope.ts'
import type { Part, Template } from './tree.ts'
import type { Lookup, Variables } from './value.ts'
import { bracketText } from './variables.ts'

/** Text is joined in long pieces, far faster than a step of evaluation. */
const charactersPerStep = 16

export interface Surroundings {
  lookup: Lookup
  /** The current one, from 0: the element that a vector without an index means. */
  extruder: number
  /** From 0 to below 1. */
  random: () => number
  /** Variables that live from one template of a print to the next; they are changed in place. Without them, none outlives the template. */
  globals?: Variables
  /** Values that a template may set for its caller (in Orca: position, zhop, e_retracted); they are changed in place. */
  outputs?: Variables
  /** Shared by several expansions, when it is given. */
  budget?: Budget
}

/**
 * Prints a template. Branches that are not taken are not looked at: they may name what does not exist.
 * Errors: PlaceholderError, the budget's end among them.
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
