// The cases of OrcaSlicer's own tests of its language, each as source -> text.
import assert from 'node:assert/strict'
import { test } from 'uvu'
import { printed } from './world.ts'

const cases: Record<string, Record<string, string>> = {
  'brackets and indices': {
    '[nozzle_temperature[foo]]': '357',
    '{nozzle_temperature[foo]}': '357',
    '{nozzle_temperature[bar + 1]}': '378',
    'test [ nozzle_temperature [foo] ] \n hu': 'test 357 \n hu',
    '[nozzle_temperature_[bar]]': '363',
  },
  arithmetic: {
    '{2*3}': '6',
    '{2*3/6}': '1',
    '{2*3/12}': '0',
    '{2.*3/12}': '0.5',
    '{10%2.5}': '0',
    '{11%2.5}': '1',
    '{2*(3-12)}': '-18',
    '{2*foo*(3-12)}': '0',
    '{2*bar*(3-12)}': '-36',
    '{2.5*bar*(3-12)}': '-45',
    '{min(12, 14)}': '12',
    '{max(12, 14)}': '14',
    '{min(13.4, -1238.1)}': '-1238.1',
    '{max(13.4, -1238.1)}': '13.4',
  },
  'rounding and padding': {
    '{int(13.4)}': '13',
    '{int(-13.4)}': '-13',
    '{round(13.4)}': '13',
    '{round(-13.4)}': '-13',
    '{round(13.6)}': '14',
    '{round(-13.6)}': '-14',
    '{digits(5, 15)}': '              5',
    '{digits(5., 15)}': '              5',
    '{zdigits(5, 15)}': '000000000000005',
    '{zdigits(5., 15)}': '000000000000005',
    '{digits(5, 15, 8)}': '     5.00000000',
    '{digits(5., 15, 8)}': '     5.00000000',
    '{zdigits(5, 15, 8)}': '000005.00000000',
    '{zdigits(5., 15, 8)}': '000005.00000000',
    '{digits(13.84375892476, 15, 8)}': '    13.84375892',
    '{zdigits(13.84375892476, 15, 8)}': '000013.84375892',
  },
  'values between the points of a table': {
    '{interpolate_table(13.84375892476, (0, 0), (20, 20))}': '13.8438',
    '{interpolate_table(13, (0, 0), (20, 20), (30, 20))}': '13',
    '{interpolate_table(25, (0, 0), (20, 20), (30, 20))}': '20',
  },
  'numbers and percentages': {
    '{line_width}': '0.675',
    '{travel_speeds}': '100',
    'M204 P500 T{travel_speeds[0]}': 'M204 P500 T100',
  },
  'local variables': {
    '{local myint = 33+2}{myint}': '35',
    '{local mystr = "mine" + "only" + "mine"}{mystr}': 'mineonlymine',
    '{local mybool = 1 + 1 == 2}{mybool}': 'true',
    '{local myint = 33+2}{myint = 12}{myint}': '12',
    '{local mystr = "mine" + "only"}{mystr = "yours"}{mystr}': 'yours',
    '{local mybool = 1 + 1 == 2}{mybool = false}{mybool}': 'false',
    '{local myint = 33+2}{local myint = 12}{myint}': '12',
    '{local mystr = "mine"}{local mystr = "yours"}{mystr}': 'yours',
    '{local mybool = 1 + 1 == 2}{local mybool = false}{mybool}': 'false',
  },
  'vectors of one value': {
    '{local myint = repeat(2*3, 4*6)}{myint[5]}': '24',
    '{local mystr = repeat(2*3, "mine" + "only" + "mine")}{mystr[5]}': 'mineonlymine',
    '{local mybool = repeat(5, 1 + 1 == 2)}{mybool[4]}': 'true',
  },
  'vectors from lists': {
    '{local myint = (2*3, 4*6, 5*5)}{myint[1]}': '24',
    '{local mystr = (2*3, "mine" + "only" + "mine", 8)}{mystr[1]}': 'mineonlymine',
    '{local mybool = (3*3 == 8, 1 + 1 == 2)}{mybool[1]}': 'true',
  },
  'vectors by copy': {
    '{local myint = nozzle_temperature}{myint[0]}': '357',
    '{local mystr = filament_notes}{mystr[0]}': 'testnotes',
    '{local mybool = enable_pressure_advance}{mybool[0]}': 'true',
    '{local myint = nozzle_temperature}{myint = repeat(2*3, 4*6)}{myint[5]}': '24',
    '{local myint = nozzle_temperature}{myint = (2*3, 4*6)}{myint[1]}': '24',
    '{local myint = nozzle_temperature}{myint = (1)}{myint = nozzle_temperature}{myint[0]}': '357',
    '{local mystr = filament_notes}{mystr = repeat(2*3, "mine" + "only")}{mystr[5]}': 'mineonly',
    '{local mystr = filament_notes}{mystr = (2*3, "mine")}{mystr = filament_notes}{mystr[0]}': 'testnotes',
    '{local mybool = enable_pressure_advance}{mybool = repeat(2*3, true)}{mybool[5]}': 'true',
    '{local mybool = enable_pressure_advance}{mybool = (false, true)}{mybool[1]}': 'true',
    '{local b = enable_pressure_advance}{b = (false, false)}{b = enable_pressure_advance}{b[0]}': 'true',
  },
  'sizes of vectors': {
    '{local myint = (0, 1, 2, 3)}{size(myint)}': '4',
    '{local myint = (0);myint=();size(myint)}': '0',
    '{local myint = (0, 1, 2, 3)}{empty(myint)}': 'false',
    '{local myint = (0);myint=();empty(myint)}': 'true',
  },
  'conditions, by braces and by semicolons': {
    '{if 1 == 1}{local a = (5, 4, 3, 2, 1)}{else}{local b = (1., 2., 3.)}{endif}{a[1]},{size(a)}': '4,5',
    '{if 1 == 0}{local a = (5, 4, 3, 2, 1)}{else}{local b = (1., 2., 3.)}{endif}{size(b)}': '3',
    '{if 1 == 0 then local a = (5, 4);else;local b = (1., 2., 3.);endif}{size(b)}': '3',
    '{if 1 == 1}{if 2 == 3}{no / such}{else}{local a = (6, 5, 4)}{endif}{else}{if no * such}{else}{local b = (1.)}{endif}{endif}{size(a)}':
      '3',
    '{if false then else;local b = (1., 2., 3.);endif}{size(b)}': '3',
    '{if 1 == 1 then if 2 == 3}no / such{else local a = (6, 5, 4) endif else if no * such then else local b = (1.) endif endif}{size(a)}':
      '3',
    '{if 1 == 1 then if 2 == 3 then no / such else}{local a = (6, 5)}{endif else if no * such then else local b = (1.) endif endif}{size(a)}':
      '2',
    '{if 1 == 1 then if 2 == 3 then no / such else}{local a = (6, 5)}{endif else}{if no * such}{else local b = (1.) endif}{endif}{size(a)}':
      '2',
    '{if false then elsif false then else endif}': '',
  },
}

for (const [what, templates] of Object.entries(cases)) {
  test(`${what} print as in OrcaSlicer`, () => {
    for (const [source, text] of Object.entries(templates)) assert.equal(printed(source), text, source)
  })
}

test('global variables print as in OrcaSlicer, and are there for the next template', () => {
  const globals = new Map()
  for (const name of Object.keys(cases).filter(what => /local|vectors/.test(what))) {
    for (const [source, text] of Object.entries(cases[name]!)) {
      globals.clear()
      assert.equal(printed(source.replaceAll('local ', 'global '), { globals }), text, source)
    }
  }
  printed('{global count = 1}', { globals })
  printed('{count = count + 1}', { globals })
  assert.equal(printed('{count}', { globals }), '2')
})

const conditions: Record<string, boolean> = {
  '12 == 12': true,
  '12 != 12': false,
  '"has some PATTERN embedded" =~ /.*PATTERN.*/': true,
  '"has some PATTERN embedded" =~ /.*PTRN.*/': false,
  'foo + 2 == bar': true,
  'foo + 3 == bar': false,
  '(12 == 12) and (13 != 14)': true,
  '(12 == 12) && (13 != 14)': true,
  '(12 == 12) or (13 == 14)': true,
  '(12 == 12) || (13 == 14)': true,
  '(12 == 12) and not (13 == 14)': true,
  '(12 == 12) ? (1 - 1 == 0) : (2 * 2 == 3)': true,
  '(12 == 21/2) ? (1 - 1 == 0) : (2 * 2 == 3)': false,
  '(12 == 13) ? (1 - 1 == 3) : (2 * 2 == 4)': true,
  '(12 == 2 * 6) ? (1 - 1 == 3) : (2 * 2 == 4)': false,
  '12 < 3': false,
  '12 < 22': true,
  '12 > 3': true,
  '12 > 22': false,
  '12 <= 3': false,
  '12 <= 22': true,
  '12 >= 3': true,
  '12 >= 22': false,
  '12 <= 12': true,
  '12 >= 12': true,
  'printer_notes=~/.*MADE_BY_ACME.*/ and printer_notes=~/.*MODEL_TWO.*/ and nozzle_diameter[0]==0.6 and num_extruders>1': true,
  'printer_notes=~/.*NONE.*/ or printer_notes=~/.*NEITHER.*/ or (nozzle_diameter[0]==0.6 and num_extruders>1)': true,
  'printer_notes=~/.*NONE.*/ or printer_notes=~/.*NEITHER.*/ or (nozzle_diameter[0]==0.3 and num_extruders>1)': false,
}

test('conditions hold as in OrcaSlicer, in an {if} and as a value', () => {
  for (const [condition, holds] of Object.entries(conditions)) {
    assert.equal(printed(`{if ${condition}}yes{else}no{endif}`), holds ? 'yes' : 'no', condition)
    assert.equal(
      printed(`{local it = ${condition.startsWith('(') ? `true and ${condition}` : condition}}{it}`),
      String(holds),
      condition,
    )
  }
})

test.run()
