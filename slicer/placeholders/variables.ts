/** Reads settings, run-time values and a template's own variables, and prints them in brackets. */
import { streamText } from './number-text.ts'
import { bool, float, int, string } from './operators.ts'
import { fail, type Scope } from './scope.ts'
import type { BracketName } from './tree.ts'
import { isVector, type Kinds, type Result, type Scalar, type Value, type Vector } from './value.ts'

const nilScalar = 'Trying to reference an undefined (nil) optional variable'
export const nilElement = 'Trying to reference an undefined (nil) element of vector of optional values'
const isEmpty = 'Indexing an empty vector variable'
const notFound = 'Variable does not exist'

/** A variable at an offset of the template. `index` is null for a scalar or a whole vector. */
export interface Reference {
  at: number
  name: string
  value: Value
  index: number | null
  /** The map in which the variable can be changed; null for read-only ones. */
  owner: Map<string, Value> | null
}

/** Finds a variable. A scalar's index is ignored, and an index below 0 means the first element. */
export function refer(scope: Scope, at: number, name: string, index: number | null): Reference {
  const known = scope.lookup(name)
  const owner = known ? null : ([scope.outputs, scope.globals, scope.locals].find(map => map.has(name)) ?? null)
  const value = known ?? owner?.get(name) ?? fail(scope, at, 'Not a variable name')
  return { at, name, value, owner, index: index !== null && isVector(value) ? Math.max(0, index) : null }
}

/** The result of a variable in an expression. A vector without an index gives the current extruder's element. */
export function resultOf(scope: Scope, { at, value, index }: Reference): Result {
  if (!isVector(value)) return scalarResult(scope, at, value, nilScalar)
  return scalarResult(scope, at, element(scope, at, value, index ?? scope.extruder), nilElement)
}

/** The element at the index, or the first when the vector is shorter. Its value is null when it is nil. */
export function element(scope: Scope, at: number, vector: Vector, index: number): Scalar {
  if (vector.values.length === 0) fail(scope, at, isEmpty)
  const value = vector.values[index < vector.values.length ? index : 0]
  if (vector.type === 'point' && value) {
    const { x, y } = value as Kinds['point']
    return { type: 'enum', value: `[${streamText(x)}, ${streamText(y)}]` }
  }
  return { type: vector.type, value: value ?? null } as Scalar
}

function scalarResult(scope: Scope, at: number, { type, value }: Scalar, nil: string): Result {
  if (value === null) return fail(scope, at, nil)
  if (type === 'int') return int(value)
  if (type === 'float' || type === 'percent') return float(value)
  if (type === 'bool') return bool(value)
  if (type === 'string' || type === 'enum') return string(value)
  if (type === 'point') return string(`${streamText(value.x)},${streamText(value.y)}`)
  const reason = 'FloatOrPercent variable failed to resolve the "ratio_over" dependencies'
  return float(value.number ?? fail(scope, at, reason))
}

/** The text that `[name]`, `[name_0]` or `[name[index]]` prints. Only settings and run-time values can be named so. */
export function bracketText(scope: Scope, part: BracketName): string {
  return part.index === null ? plainText(scope, part) : indexedText(scope, part, part.index)
}

function plainText(scope: Scope, { at, name }: BracketName): string {
  const value = scope.lookup(name)
  if (value) return isVector(value) ? elementText(scope, at, value, scope.extruder) : scalarText(scope, at, value)
  const end = name.lastIndexOf('_')
  const vector = end === -1 ? undefined : scope.lookup(name.slice(0, end))
  if (!vector) return fail(scope, at, notFound)
  if (!isVector(vector)) return fail(scope, at, 'Trying to index a scalar variable')
  const index = name.slice(end + 1)
  if (!/^\d*$/.test(index)) fail(scope, at + end + 1, 'Invalid vector index')
  return elementText(scope, at, vector, Number(index))
}

/** `[name_[index]]` means `[name[index]]`. */
function indexedText(scope: Scope, { at, name }: BracketName, index: string | number): string {
  const value = scope.lookup(name) ?? (name.endsWith('_') ? scope.lookup(name.slice(0, -1)) : undefined)
  if (!value) return fail(scope, at, notFound)
  if (!isVector(value)) return fail(scope, at, 'Trying to index a scalar variable')
  if (typeof index === 'number') return elementText(scope, at, value, index)
  const named = scope.lookup(index) ?? fail(scope, at, notFound)
  if (named.type !== 'int' || isVector(named) || named.value === null) {
    return fail(scope, at, 'Indexing variable has to be integer')
  }
  if (named.value < 0) fail(scope, at, 'Negative vector index')
  return elementText(scope, at, value, named.value)
}

function elementText(scope: Scope, at: number, vector: Vector, index: number): string {
  if (vector.values.length === 0) fail(scope, at, isEmpty)
  const value = vector.values[index < vector.values.length ? index : 0]
  if (value === null || value === undefined) return fail(scope, at, nilElement)
  if (vector.type === 'string') return String(value)
  if (vector.type === 'point') return pointText(value as Kinds['point'], 'x')
  return scalarText(scope, at, { type: vector.type, value } as Scalar)
}

/** A scalar as Orca stores it in a file: booleans as 0 and 1, percentages with their sign, strings escaped. */
function scalarText(scope: Scope, at: number, { type, value }: Scalar): string {
  if (value === null) return fail(scope, at, nilScalar)
  if (type === 'bool') return value ? '1' : '0'
  if (type === 'percent') return `${streamText(value)}%`
  if (type === 'float') return streamText(value)
  if (type === 'float_or_percent') return value.text
  if (type === 'point') return pointText(value, ',')
  if (type === 'string') return value.replace(/[\r\n"\\]/g, character => escapes[character]!)
  return String(value)
}

const escapes: Record<string, string> = { '\r': '\\r', '\n': '\\n', '"': '\\"', '\\': '\\\\' }
const pointText = ({ x, y }: Kinds['point'], between: string) => `${streamText(x)}${between}${streamText(y)}`
