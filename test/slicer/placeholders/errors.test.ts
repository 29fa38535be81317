import assert from 'node:assert/strict'
import { test } from 'uvu'
import { limits, PlaceholderError } from '../../../slicer/placeholders/index.ts'
import { printed } from './world.ts'

function errorOf(source: string): PlaceholderError {
  try {
    printed(source)
  } catch (error) {
    assert.ok(error instanceof PlaceholderError, String(error))
    return error
  }
  return assert.fail(`prints: ${source}`)
}

test('an error names field, line and column, and points at the place', () => {
  const error = errorOf('G28\nM104 S[no_such] ; hot\nG1')
  assert.equal(
    error.message,
    'machine_start_gcode: Parsing error at line 2: Variable does not exist\nM104 S[no_such] ; hot\n       ^',
  )
  assert.deepEqual([error.field, error.line, error.column], ['machine_start_gcode', 2, 8])
  assert.equal(error.reason, 'Variable does not exist')
})

test('a long line is cut around the place', () => {
  const [, line, caret] = errorOf(`G1 ${'X'.repeat(300)}{no_such}${'Y'.repeat(300)}`).message.split('\n')
  assert.equal(line?.slice(caret!.indexOf('^')).startsWith('no_such}YYY'), true)
  assert.ok(line.length <= 120)
})

/** Source with a bar before the place that the error points at -> what is wrong, in OrcaSlicer's words. */
const wrong: Record<string, string> = {
  '{|no_such}': 'Not a variable name',
  '{1 + |no_such[0]}': 'Not a variable name',
  '[|foo_1]': 'Trying to index a scalar variable',
  '[nozzle_temperature_|x]': 'Invalid vector index',
  '[|foo[bar]]': 'Trying to index a scalar variable',
  '[|nozzle_temperature[no_such]]': 'Variable does not exist',
  '[|nozzle_temperature[layer_z]]': 'Indexing variable has to be integer',
  '[|nozzle_temperature[below]]': 'Negative vector index',
  '[|nothing]': 'Indexing an empty vector variable',
  '{|nothing[0]}': 'Indexing an empty vector variable',
  '[|idle_temperature]': 'Trying to reference an undefined (nil) optional variable',
  '{|filament_retract[0]}': 'Trying to reference an undefined (nil) element of vector of optional values',
  '{nozzle_temperature[|1.5]}': 'Non-integer index is not allowed to address a vector variable.',
  '{|scarf_joint_speed}': 'FloatOrPercent variable failed to resolve the "ratio_over" dependencies',
  '{is_nil(|filament_retract)}': 'Referencing a vector variable when scalar is expected',
  '{size(|foo)}': 'parameter of size() is not a vector variable',
  '{1 / |0}': 'Division by zero',
  '{1.5 % |0.0}': 'Division by zero',
  '{1 + |true}': 'Cannot add non-numeric types.',
  '{|"a" - 1}': 'Cannot subtract non-numeric types.',
  '{2 * |"a"}': 'Cannot multiply with non-numeric type.',
  '{2 / |"a"}': 'Cannot divide with a non-numeric type.',
  '{-|"a"}': 'Cannot apply unary minus operator.',
  '{!|1}': 'Cannot apply a not operator.',
  '{|1 and true}': 'Cannot apply logical operation to non-boolean operators.',
  '{|1 == true}': 'Cannot compare the types.',
  '{|true < false}': 'Cannot compare the types.',
  '{if |bar}{endif}': 'Not a boolean expression',
  '{|bar ? 1 : 2}': 'Not a boolean expression',
  '{|bar =~ /x/}': 'Left hand side of a regex match must be a string.',
  '{min(1, |"a")}': 'Not a numeric type.',
  '{int(|"a")}': 'Cannot convert to integer.',
  '{round(|true)}': 'Cannot round a non-numeric value.',
  '{digits(1, |2.5)}': 'digits: second parameter must be integer',
  '{int(|1e10)}': 'The number does not fit in an integer of 32 bits.',
  '{one_of(|1, "a")}': 'one_of(): First parameter (the string to match against) has to be a string value',
  '{|foo = 1}': 'Cannot modify a read-only variable',
  '{nozzle_temperature[1|;]}': "Expecting ']'.",
  '{local a = (1, 2); |a[2] = 1}': 'Index out of range',
  '{local a = (1, 2); a[0] = |"x"}': 'Right side is not a numeric expression',
  '{local a = true; a = |1}': 'Right side is not a boolean expression',
  '{local a = 1; |a = (1, 2)}': 'Cannot assign a vector value to a scalar variable.',
  '{local a = (1, 2); local a = |1}': 'Cannot assign a scalar value to a vector variable.',
  '{local a = (1); |a = filament_notes}': 'Left hand side is a int vector, while the right hand side is not.',
  '{local |a = ()}':
    'Cannot create vector variable from an empty initializer list, because its type cannot be deduced.',
  '{local a = (|1, true)}': 'Right side is not valid: Mixing numeric and boolean types.',
  '{local a = repeat(|-1, 2)}': 'Negative number of elements specified.',
  '{"|\\x"}': 'Invalid escape sequence \\x',
  '{"a" =~ |/(/}': 'Regular expression compilation failed: error parsing regexp: missing closing ): `(`',
  '{1 + |}': 'Expecting an expression.',
  '{if |}{endif}': 'Expecting a boolean expression.',
  '{true and |}': 'Expecting a boolean expression.',
  '{"a" =~ |"a"}': 'Expecting a regular expression.',
  '[|1]': 'Expecting a legacy variable expansion format',
  '{size(|1)}': 'Expecting a variable reference.',
  '{local |1 = 2}': 'Expecting an identifier.',
  '|{else}': '{else} without an {if}.',
  '{if true}a{endif}|{endif}': '{endif} without an {if}.',
  '|{}': 'Unknown syntax error',
  '{1 |2}': "Expecting ';' or '}'.",
  '{if true}x|': 'Not an {if}{else}{endif} macro: {endif} is missing.',
  '{(1|}': "Expecting ')'.",
  '{"open|': 'Expecting a closing ".',
  '{local a = |é}': 'Non-ASCII characters are only allowed in text and strings, not in code.',
  '{if true then bar else |{1} endif}': 'Not an {if}{else}{endif} macro: {endif} is missing.',
}

test('what is wrong is said in the words of OrcaSlicer, at the place', () => {
  for (const [marked, reason] of Object.entries(wrong)) {
    const at = marked.indexOf('|')
    const source = marked.slice(0, at) + marked.slice(at + 1)
    const error = errorOf(source)
    assert.deepEqual([error.reason, error.column - 1], [reason, at], source)
  }
})

test('a template that is made to be expensive ends with an error', () => {
  const doubled = `{local s = "${'x'.repeat(1000)}"}${'{s = s + s}'.repeat(40)}`
  assert.match(errorOf(doubled).reason, /A string longer than/)
  const long = `{local s = "${'x'.repeat(60_000)}"}`
  assert.match(errorOf(long + '{s}'.repeat(200)).reason, /Expands to more than/)
  assert.match(errorOf(long + '{local t = s + "y"}'.repeat(200)).reason, /too many steps/)
  assert.match(errorOf(long + '{s =~ /(.*)(.*)(.*)(.*)x/}'.repeat(200)).reason, /too many steps/)
  assert.match(errorOf(long + '{s < s + "y"}'.repeat(200)).reason, /too many steps/)
  assert.match(errorOf(`{"x" =~ /${'(y{2}){500}'.repeat(20)}/}`.repeat(50)).reason, /too many steps/)
  assert.match(errorOf(`{"x" =~ /${'y'.repeat(300)}/}`).reason, /regular expression longer than/)
  assert.match(errorOf('{"x" =~ /((a{100}){100}){100}/}').reason, /Regular expression compilation failed/)
  assert.match(errorOf('{local v = repeat(1000000000, "x")}').reason, /More than 4096 elements/)
  assert.match(errorOf('x'.repeat(limits.templateLength + 1)).reason, /Longer than/)
  for (const deep of [
    `{${'('.repeat(50_000)}`,
    `{${'-'.repeat(50_000)}`,
    '{if true}'.repeat(20_000),
    '{1?'.repeat(9),
  ]) {
    assert.ok(errorOf(deep).reason)
  }
  assert.match(errorOf(`{${'a['.repeat(10_000)}`).reason, /levels deep/)
})

test('a long sum or a long chain of branches is no deep one', () => {
  assert.equal(printed(`{1${' + 1'.repeat(20_000)}}`), '20001')
  assert.equal(printed(`{if false}${'{elsif bar == 3}no'.repeat(5000)}{else}yes{endif}`), 'yes')
})

test('several expansions share a budget', () => {
  const budget = { steps: 100 }
  assert.equal(printed('{bar + 1}', { budget }), '3')
  assert.throws(() => printed('{1 + 1}'.repeat(50), { budget }), /too many steps/)
})

test.run()
