import { PlaceholderError } from './error.ts'
import { type Budget, limits } from './limits.ts'
import type { Template } from './tree.ts'
import type { Lookup, Variables } from './value.ts'

/** The state of one expansion. */
export interface Scope {
  template: Template
  lookup: Lookup
  random: () => number
  /** The current extruder, from 0; `filament_change` changes it. */
  extruder: number
  locals: Variables
  globals: Variables
  outputs: Variables
  budget: Budget
}

export function fail(scope: Scope, at: number, reason: string): never {
  const { field, source } = scope.template
  throw new PlaceholderError({ field, source, at }, reason)
}

/** Counts steps against the budget. Errors: PlaceholderError when it is used up. */
export function spend(scope: Scope, at: number, steps: number): void {
  scope.budget.steps -= steps
  if (scope.budget.steps < 0) fail(scope, at, 'The template takes too many steps.')
}

/** Returns a computed string and counts its characters as steps. Errors: PlaceholderError when it is too long. */
export function checkedString(scope: Scope, at: number, text: string): string {
  if (text.length > limits.stringLength) fail(scope, at, `A string longer than ${limits.stringLength} characters.`)
  spend(scope, at, text.length)
  return text
}
