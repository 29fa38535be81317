/** Assignments. A variable keeps its first type; values are converted to it. */
import { evaluate, referTo } from './evaluate.ts'
import { limits } from './limits.ts'
import { bool, boolOf, numberOf, type Operand, resultText, truncate } from './operators.ts'
import { fail, type Scope, spend } from './scope.ts'
import type { Assigned, Expression, Part } from './tree.ts'
import { isVector, type Kinds, type Scalar, type Value, type Variables, type Vector } from './value.ts'
import type { Reference } from './variables.ts'

type Assignment = Extract<Part, { kind: 'assign' }>
type Definition = Extract<Part, { kind: 'define' }>

const vectorToScalar = 'Cannot assign a vector value to a scalar variable.'

/** Runs `name = ...` or `name[index] = ...` for an existing variable. Errors: PlaceholderError. */
export function assign(scope: Scope, { target, value }: Assignment): void {
  const reference = referTo(scope, target)
  if (!reference.owner) fail(scope, target.at, 'Cannot modify a read-only variable')
  reference.owner?.set(reference.name, changed(scope, reference, value))
}

/** Runs `local name = ...` or `global name = ...`: makes a variable, or changes the one of that name in that scope. */
export function define(scope: Scope, { at, name, global, value }: Definition): void {
  const owner = ownerOf(scope, at, name, global)
  const present = owner.get(name)
  if (!present) owner.set(name, created(scope, at, value))
  else if (isVector(present) && value.kind === 'expression' && !isWholeVector(scope, value.expression)) {
    fail(scope, value.expression.at, 'Cannot assign a scalar value to a vector variable.')
  } else owner.set(name, changed(scope, { at, name, value: present, index: null, owner }, value))
}

function ownerOf(scope: Scope, at: number, name: string, global: boolean): Variables {
  if (scope.lookup(name)) fail(scope, at, 'Symbol is already defined in read-only system dictionary')
  if (scope.outputs.has(name)) fail(scope, at, 'Symbol is already defined as system output variable')
  const [owner, other] = global ? [scope.globals, scope.locals] : [scope.locals, scope.globals]
  if (other.has(name)) fail(scope, at, `Variable name already defined in ${global ? 'local' : 'global'} scope`)
  return owner
}

/** The new value of an existing variable. */
function changed(scope: Scope, { at, value: present, index }: Reference, value: Assigned): Value {
  if (value.kind === 'list') {
    const operands = value.items.map(item => operandOf(scope, item))
    if (isVector(present)) return vectorOf(scope, present.type, operands)
    if (operands.length !== 1) return fail(scope, at, vectorToScalar)
    return scalarOf(scope, present.type, operands[0]!)
  }
  if (value.kind === 'repeat') {
    if (!isVector(present)) return fail(scope, value.value.at, vectorToScalar)
    return vectorOf(scope, present.type, repeated(scope, value.count, operandOf(scope, value.value)))
  }
  if (!isVector(present)) return scalarOf(scope, present.type, operandOf(scope, value.expression))
  if (index === null) return copyInto(scope, at, present, value.expression)
  if (present.values.length === 0) fail(scope, at, 'Indexing an empty vector variable')
  if (index >= present.values.length) fail(scope, at, 'Index out of range')
  spend(scope, at, present.values.length)
  const scalar = scalarOf(scope, present.type, operandOf(scope, value.expression))
  return { type: present.type, values: present.values.with(index, scalar.value as never) } as Vector
}

function copyInto(scope: Scope, at: number, present: Vector, expression: Expression): Vector {
  const right = expression.kind === 'variable' && referTo(scope, expression)
  if (!right) return fail(scope, at, 'Referencing an output vector variable when scalar is expected')
  if (!isVector(right.value) || right.index !== null) return fail(scope, at, 'Cannot assign scalar to a vector')
  if (right.value.type !== present.type) {
    return fail(scope, at, `Left hand side is a ${present.type} vector, while the right hand side is not.`)
  }
  return withoutNil(scope, right.at, right.value)
}

/** The value of a new variable, of the right side's type. */
function created(scope: Scope, at: number, value: Assigned): Value {
  if (value.kind === 'list') {
    const operands = value.items.map(item => operandOf(scope, item))
    return vectorOf(scope, commonType(scope, at, operands), operands)
  }
  if (value.kind === 'repeat') {
    const operand = operandOf(scope, value.value)
    return vectorOf(scope, operand.result.type, repeated(scope, value.count, operand))
  }
  if (isWholeVector(scope, value.expression)) {
    const { value: vector } = referTo(scope, value.expression)
    return withoutNil(scope, value.expression.at, vector as Vector)
  }
  const { result } = operandOf(scope, value.expression)
  return result
}

function isWholeVector(scope: Scope, expression: Expression): expression is Extract<Expression, { kind: 'variable' }> {
  if (expression.kind !== 'variable' || expression.index) return false
  return isVector(referTo(scope, expression).value)
}

function withoutNil(scope: Scope, at: number, vector: Vector): Vector {
  const reason = 'Some elements of the right hand side vector variable of optional values are undefined (nil)'
  if (vector.values.some(value => value === null)) fail(scope, at, reason)
  if (vector.type === 'percent') return { type: 'float', values: vector.values }
  if (!['float', 'int', 'string', 'bool'].includes(vector.type)) {
    fail(scope, at, 'Duplicating this type of vector variable is not supported')
  }
  return vector
}

/** 'string' when one operand is a string; otherwise all must be booleans or all numbers. */
function commonType(scope: Scope, at: number, operands: Operand[]): 'string' | 'bool' | 'int' | 'float' {
  const first = operands[0]
  const reason = 'Cannot create vector variable from an empty initializer list, because its type cannot be deduced.'
  if (!first) return fail(scope, at, reason)
  const types = new Set(operands.map(operand => operand.result.type))
  if (types.has('string')) return 'string'
  if (!types.has('bool')) return types.has('float') ? 'float' : 'int'
  if (types.size > 1) fail(scope, first.at, 'Right side is not valid: Mixing numeric and boolean types.')
  return 'bool'
}

function repeated(scope: Scope, count: Expression, operand: Operand): Operand[] {
  const { at, result } = operandOf(scope, count)
  if (result.type !== 'int') return fail(scope, at, 'Expected number of elements to fill a vector with.')
  if (result.value < 0) fail(scope, at, 'Negative number of elements specified.')
  if (result.value > limits.vectorLength) fail(scope, at, `More than ${limits.vectorLength} elements.`)
  return Array<Operand>(result.value).fill(operand)
}

function vectorOf(scope: Scope, type: keyof Kinds, operands: Operand[]): Vector {
  spend(scope, operands[0]?.at ?? 0, operands.length)
  return { type, values: operands.map(operand => scalarOf(scope, type, operand).value) } as Vector
}

function scalarOf(scope: Scope, type: keyof Kinds, operand: Operand): Scalar {
  const notNumeric = 'Right side is not a numeric expression'
  if (type === 'string') return { type, value: resultText(operand.result) }
  if (type === 'bool') return bool(boolOf(scope, operand, 'Right side is not a boolean expression')) as Scalar
  if (type === 'float' || type === 'percent') return { type, value: numberOf(scope, operand, notNumeric).value }
  if (type !== 'int') return fail(scope, operand.at, 'Unsupported output scalar variable type')
  return { type, value: truncate(scope, operand.at, numberOf(scope, operand, notNumeric).value) }
}

function operandOf(scope: Scope, expression: Expression): Operand {
  return { at: expression.at, result: evaluate(scope, expression) }
}
