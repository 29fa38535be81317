/** A parsed template. `at` is the offset of a part in the source, for the caret of an error. */
export interface Template {
  field: string
  source: string
  body: Part[]
}

export type Part =
  | { kind: 'text'; text: string }
  | BracketName
  | { kind: 'print'; expression: Expression }
  | { kind: 'assign'; target: Variable; value: Assigned }
  | { kind: 'define'; at: number; name: string; global: boolean; value: Assigned }
  | { kind: 'if'; branches: Branch[] }

/** `[name]` or `[name[index]]`: Slic3r's older syntax, which prints a value as profiles store it. */
export interface BracketName {
  kind: 'bracket'
  at: number
  name: string
  index: string | number | null
}

/** A branch without a condition is the last one, {else}. */
export interface Branch {
  condition: Expression | null
  body: Part[]
}

/** The right side of an assignment. */
export type Assigned =
  | { kind: 'list'; at: number; items: Expression[] }
  | { kind: 'repeat'; count: Expression; value: Expression }
  | { kind: 'expression'; expression: Expression }

export interface Variable {
  kind: 'variable'
  at: number
  name: string
  index: Expression | null
}

export type Expression =
  | { kind: 'int' | 'float'; at: number; value: number }
  | { kind: 'bool'; at: number; value: boolean }
  /** `raw` still has its escapes. */
  | { kind: 'string'; at: number; raw: string }
  | Variable
  | { kind: 'group'; at: number; inner: Expression }
  | { kind: 'unary'; at: number; operator: '-' | '+' | '!'; operand: Expression }
  | Chain
  | { kind: 'choice'; at: number; condition: Expression; yes: Expression; no: Expression }
  | { kind: 'call'; at: number; name: FunctionName; parameters: Expression[] }
  | { kind: 'inquiry'; at: number; name: InquiryName; variable: Variable }
  | OneOf
  | Interpolation

/** Operators of one precedence, from left to right. A list, so that a long sum does not become a deep tree. */
export interface Chain {
  kind: 'chain'
  at: number
  first: Expression
  rest: Link[]
}

export type Link = { operator: Operator; operand: Expression } | { operator: '=~' | '!~'; pattern: Pattern }

export interface Pattern {
  at: number
  source: string
}

export interface OneOf {
  kind: 'one_of'
  at: number
  subject: Expression
  choices: ({ text: Expression } | { regex: Expression } | { pattern: Pattern })[]
}

export interface Interpolation {
  kind: 'interpolation'
  at: number
  x: Expression
  points: { x: Expression; y: Expression }[]
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%'
export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>='
export type Operator = Arithmetic | Comparison | 'and' | 'or'

export const functionNames = [
  'min',
  'max',
  'random',
  'digits',
  'zdigits',
  'int',
  'round',
  'floor',
  'ceil',
  'filament_change',
] as const
export type FunctionName = (typeof functionNames)[number]
export const inquiryNames = ['is_nil', 'empty', 'size'] as const
export type InquiryName = (typeof inquiryNames)[number]

/** Words that cannot name a variable. As in Orca, `then` can. */
export const keywords: ReadonlySet<string> = new Set([
  ...functionNames,
  ...inquiryNames,
  ...['and', 'or', 'not', 'true', 'false', 'if', 'elsif', 'else', 'endif', 'local', 'global', 'repeat', 'one_of'],
  'interpolate_table',
])
