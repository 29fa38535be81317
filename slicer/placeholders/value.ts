/**
 * What a setting or a run-time value is to a template. Integers and reals differ (7/2 is 3, 7/2.0 is 3.5), and the two ways to
 * print a value differ by its type: `{flag}` is "true" and `[flag]` is "1". Null is Orca's nil: an optional value that is not set.
 */
export interface Kinds {
  /** 32 bits. */
  int: number
  float: number
  /** 50 is 50%: `{p}` prints 50, `[p]` prints 50%. */
  percent: number
  bool: boolean
  string: string
  /** A choice by its name in the profile. */
  enum: string
  point: { x: number; y: number }
  /** `number` is in the setting's own unit, null where a percentage has nothing to refer to; `text` is as the profile has it. */
  float_or_percent: { number: number | null; text: string }
}

export type Kind = keyof Kinds
export type Scalar = { [K in Kind]: { type: K; value: Kinds[K] | null } }[Kind]
export type Vector = { [K in Kind]: { type: K; values: readonly (Kinds[K] | null)[] } }[Kind]
export type Value = Scalar | Vector

/** Finds a setting or a run-time value by name; templates cannot change these. */
export type Lookup = (name: string) => Value | undefined

/** Variables that templates may change, by name. */
export type Variables = Map<string, Value>

/** What an expression is worth. */
export type Result =
  | { type: 'int'; value: number }
  | { type: 'float'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }

export const isVector = (value: Value): value is Vector => 'values' in value
