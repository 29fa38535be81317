// What changes the output without a word when it is done otherwise.
import assert from 'node:assert/strict'
import { test } from 'uvu'
import { namesIn, parseTemplate, type Value, type Variables } from '../../../slicer/placeholders/index.ts'
import { printed } from './world.ts'

function prints(cases: Record<string, string>, extruder = 0): void {
  for (const [source, text] of Object.entries(cases)) assert.equal(printed(source, { extruder }), text, source)
}

test('reals print with six significant digits, a tie to the even digit', () => {
  prints({
    '{layer_z}': '0.3',
    '{0.1+0.2}': '0.3',
    '{1234567.0}': '1.23457e+06',
    '{1000000.0}': '1e+06',
    '{999999.5}': '1e+06',
    '{999999.4}': '999999',
    '{100000.5}': '100000',
    '{100001.5}': '100002',
    '{0.00001234567}': '1.23457e-05',
    '{0.0001}': '0.0001',
    '{1e100}': '1e+100',
    '{-0.0}': '-0',
    '{5.}{.5}{1e2}': '50.5100',
    '{220.0}': '220',
    '{2.5 * 2}': '5',
    '{1/3.0}': '0.333333',
    '{digits(2.5, 1, 0)}{digits(3.5, 1, 0)}{digits(0.125, 1, 2)}': '240.12',
    '{digits(9.996, 1, 2)}{digits(1e22, 1, 0)}': '10.0010000000000000000000000',
    '{zdigits(-5, 4)}{zdigits(-5.5, 7, 2)}{digits(2.5, 0)}': '-005-005.503',
  })
})

test('whole numbers have 32 bits', () => {
  prints({
    '{7/2}{-7/2}{7%3}{-7%3}': '3-31-1',
    '{2147483647 + 1}': '-2147483648',
    '{65536 * 65536 + 3}': '3',
    '{7/2.0}': '3.5',
    '{int(7.9) / 2}': '3',
    '{-bar + +bar}{--bar}': '02',
  })
})

test('booleans and percentages print otherwise in brackets than in braces', () => {
  prints({
    '{enable_pressure_advance[0]}{spiral_mode}': 'truefalse',
    '[enable_pressure_advance][spiral_mode]': '10',
    '{sparse_infill_density} [sparse_infill_density]': '15 15%',
    '{filament_shrink[1]} [filament_shrink_1]': '99.5 99.5%',
    '[line_width] {line_width}': '112.5% 0.675',
    '[printer_notes]': '  MADE_BY_ACME\\nMODEL_TWO \\"fast\\" \\\\ ',
    '{printer_notes}': '  MADE_BY_ACME\nMODEL_TWO "fast" \\ ',
    '[filament_type_1] {filament_type[1]}': 'AB"S AB"S',
    '[curr_bed_type] {curr_bed_type}': 'Textured PEI Plate Textured PEI Plate',
    '[printable_area_1] {printable_area[1]} {best_object_pos}': '220.5x0 [220.5, 0] 0.5,0.25',
  })
})

test('a vector without an index is the element of the current extruder, and the first where there are fewer', () => {
  const source = '{nozzle_temperature} [nozzle_temperature] {filament_type[3]} {nozzle_temperature[-1]} [filament_type]'
  assert.equal(printed(source, { extruder: 2 }), '363 363 PLA 357 PLA')
  assert.equal(printed('{filament_change(2)}[nozzle_temperature]'), '363')
})

test('an index of what is no vector is ignored in braces', () => {
  prints({ '{layer_z[0]}': '0.3', '{bar[7]}': '2' })
})

test('branches that are not taken may name what does not exist, and only their grammar counts', () => {
  prints({
    '{if false}{no_such[1] / 0}[nor_this]{elsif bar == 2}yes{else}{no_such + 1}{endif}': 'yes',
    '{true ? 1 : no_such}{false ? no_such : 2}': '12',
    '{if false}{local a = no_such + 1}{no_such = 2}{endif}': '',
    '{if bar > 1 and (layer_z < 1 or false)}\nG28\n{endif}': '\nG28\n',
    '; {if bar == 2}tool {bar}{else}none{endif}, [num_extruders] of them': '; tool 2, 4 of them',
    '{if true}{if false}a{elsif true}b{if true}c{endif}{endif}{endif}': 'bc',
  })
  assert.throws(() => printed('{false and no_such}'), /Not a variable name/)
  assert.throws(() => printed('{true || no_such}'), /Not a variable name/)
})

test('text stays as it is, a closing brace in it too', () => {
  prints({
    ' \n G28 ; } %$ "é" \\n\r\n': ' \n G28 ; } %$ "é" \\n\r\n',
    'G1 X{1}}{2}': 'G1 X1}2',
    '{1;2;;3}{;4}': '1234',
    '{"é" + "\\n\\r\\"\\\\"}': 'é\n\r"\\',
  })
})

test('a parenthesis right of = is a list, also of one', () => {
  prints({
    '{local v = (7)}{size(v)}{v[0]}': '17',
    '{local x = 1}{x = (bar + 3)}{x}': '5',
    '{local s = ("a", 1, 2.5, true)}{s[1]}{s[2]}{s[3]}': '12.5true',
    '{local r = (1, 2.5)}{r[0] / 2}': '0.5',
  })
})

test('a variable keeps its type, and its elements can be set', () => {
  prints({
    '{local i = 1}{i = 7.9}{i}': '7',
    '{local f = 1.5}{f = 3}{f / 2}': '1.5',
    '{local s = "a"}{s = 1 == 1}{s}': 'true',
    '{local v = (1, 2, 3)}{v[1] = 9.9}{v[0]},{v[1]},{v[2]}': '1,9,3',
    '{local v = nozzle_temperature}{v[0] = 1}{v[0]},{nozzle_temperature[0]}': '1,357',
    '{local p = filament_shrink}{p[1]}': '99.5',
  })
})

test('a template sets values of its caller, and no others', () => {
  const outputs: Variables = new Map<string, Value>([
    ['zhop', { type: 'float', value: 0 }],
    ['e_retracted', { type: 'float', values: [0, 0] }],
  ])
  assert.equal(printed('{zhop = 2}{e_retracted[1] = 1.5 * bar}{zhop}', { outputs }), '2')
  assert.deepEqual(outputs.get('zhop'), { type: 'float', value: 2 })
  assert.deepEqual(outputs.get('e_retracted'), { type: 'float', values: [0, 3] })
  assert.throws(() => printed('{bar = 1}'), /Cannot modify a read-only variable/)
  assert.throws(() => printed('{local bar = 1}'), /already defined in read-only system dictionary/)
  assert.throws(() => printed('{local zhop = 1}', { outputs }), /already defined as system output variable/)
})

test('comparisons of reals forgive 1e-8, strings compare by their bytes', () => {
  prints({
    '{true and layer_z == 0.3}{1 == 1.000000001}{1 == 1.0000001}{1 < 1.000000001}': 'truetruefalsetrue',
    '{"10" < "9"}{"a" == "a"}{1 == "1"}{true == "true"}{"a" <> "b"}': 'truetruetruetruetrue',
    '{bar != 2}{bar >= 2.0}{true != false}': 'falsetruetrue',
    '{not false == true}': 'true',
    '{1 + 2 * 3 % 4 - 10 / 3}': '0',
    '{1 < 2 == true}': 'true',
  })
})

test('regular expressions match the whole text, over lines', () => {
  prints({
    '{if printer_notes =~ /.*TWO.*/}y{endif}{if printer_notes =~ /TWO/}n{endif}': 'y',
    '{if printer_notes !~ /.*THREE.*/}y{endif}': 'y',
    '{if "a/b" =~ /a\\/[b-c]/}y{endif}': 'y',
    '{one_of("PETG", "PLA", "PETG")}{one_of("PETG", /P.*/)}{one_of("PETG" , ~"P" + "X", ~"P.*")}': 'truetruetrue',
    '{one_of("ABS", "PLA" "PETG")}{one_of("ABS")}': 'falsefalse',
  })
})

test('nil, empty and size', () => {
  prints({
    '{is_nil(filament_retract[0])}{is_nil(filament_retract[1])}{is_nil(idle_temperature)}': 'truefalsetrue',
    '{empty(nothing)}{size(nozzle_temperature)}': 'true4',
    '{if is_nil(filament_retract[0])}{else}{filament_retract[0]}{endif}': '',
  })
})

test('random numbers stay within their bounds, whole ones reach both', () => {
  const at = (value: number) => printed('{random(3, 5)} {random(1, 2.0)}', { random: () => value })
  assert.equal(at(0), '3 1')
  assert.equal(at(0.5), '4 1.5')
  assert.equal(at(0.999999999), '5 2')
})

test('min and max of a real are real, floor and ceil are whole', () => {
  prints({
    '{min(1, 2.5) / 2}{max(3, 2) / 2}': '0.51',
    '{floor(-1.5)}{ceil(1.2) / 4}{round(2.5)}{round(-2.5)}': '-203-3',
  })
})

test('interpolate_table holds at its ends and a little beyond', () => {
  prints({
    '{interpolate_table(10, (10, 1) (20, 2))}{interpolate_table(20.00005, (10, 1), (20, 2))}': '12',
    '{interpolate_table(15, (10, 1.0), (20, 2))}': '1.5',
  })
  assert.throws(() => printed('{interpolate_table(21, (10, 1), (20, 2))}'), /outside the table range/)
  assert.throws(() => printed('{interpolate_table(1)}'), /Expecting ','/)
  assert.throws(() => printed('{interpolate_table(1,)}'), /outside the table range/)
  assert.throws(() => printed('{interpolate_table(1, (2, 0), (1, 0))}'), /must be increasing/)
})

test('the names of a template are those of all its branches', () => {
  const source =
    '[a] [b[c]] {if d}{e[f]}{else}{local g = (h, i ? j : k)}{endif}{one_of(l, "x", ~m)}{size(n)}{min(o, -p)}'
  const names = namesIn(parseTemplate(`${source}{interpolate_table(q, (r, s))}{t = repeat(u, v)}{(w)}`, 'f'))
  assert.equal([...names].sort().join(''), 'abcdefghijklmnopqrstuvw')
})

test.run()
