/**
 * The types of settings and run-time values in templates. Integers and reals differ (7/2 is 3, 7/2.0 is 3.5), and so do the two
 * ways to print: `{flag}` prints "true", `[flag]` prints "1". Null is Orca's nil: an optional value that is not set.
 */
export interface Kinds {
  /** 32 bits. */
  int: number
  float: number
  /** 50 is 50%: `{p}` prints 50, `[p]` prints 50%. */
  percent: number
  bool: boolean
  string: string
  /** The name of a choice, as in the profile. */
  enum: string
  point: { x: number; y: number }
  /** `number` is in the setting's own unit, null for a percentage without a base; `text` is the profile's text. */
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

/** The result of an expression. */
export type Result =
  | { type: 'int'; value: number }
  | { type: 'float'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }

export const isVector = (value: Value): value is Vector => 'values' in value
