import { createContext, runInContext } from 'node:vm'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLineGuard } from '../../../../edge/print/gcode/line-guard.ts'
import { knownCommands } from '../../../../schema/gcode/known-commands.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { gcodeOf, makeGcode } from '../../../make/edge/gcode.ts'

const test = suite('the line guard')

const known = knownCommands(['PRINT_START', 'set_fan_speed', 'RESPOND'])

function refusal(line: string): string {
  const guard = createLineGuard(known)
  try {
    guard.check(Buffer.from(`${line}\n`))
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('a refusal names the command and nothing else of the line', () => {
  assert.match(refusal('START_PRINT BED=61 ; SECRET'), 'This printer has no command START_PRINT. Add it to printer.cfg')
  assert.match(refusal('m999 S77'), 'This printer has no command M999.')
  assert.match(refusal('M104 S=77'), 'This printer cannot parse the parameters of M104.')
  assert.match(refusal('sdcard_print_file FILENAME=77'), 'A print job may not use SDCARD_PRINT_FILE.')
  for (const line of ['X77 Y61', '77', 'KEY=77', `${'A'.repeat(50)}77`, '"77"'])
    assert.match(refusal(line), 'Klipper could not parse this line.')
  for (const line of ['START_PRINT BED=61', 'M104 S=77', 'X77 Y61', 'KEY=77']) assert.not.match(refusal(line), /77|61/)
})

/** The number of the first line that is refused; 0 when none is. Cut into pieces of this size. */
function refusedLine(text: string, pieceSize = 1000): number {
  const guard = createLineGuard(known)
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length; at += pieceSize) guard.check(Buffer.from(bytes.subarray(at, at + pieceSize)))
    guard.end()
    return 0
  } catch (error) {
    if (!isAppError(error, 'gcode_rejected')) throw error
    return Number(/line (\d+)\./.exec(error.message)?.[1])
  }
}

test('lines of real slicers are accepted', () => {
  const lines = [
    '',
    '; a comment with <anything> G1 X? "',
    'G1 X10 Y-10.5 E.05 F3000',
    'G1X10Y10',
    'G0 F6000 X1.5 ; travel',
    'G2 X1 Y2 I0.5 J-0.5 E1',
    'G28',
    'G28 X Y',
    'g1 x1 y2',
    'G92 E0',
    'G92.1',
    'M104 S215 T0',
    'M117 Layer 1/10 -> 2',
    'M104 S215 ; <action:> is shown nowhere',
    'RESPOND PREFIX=tip MSG="an action"',
    'M862.3 P "MK3S"',
    'M486 AGear',
    'T0',
    'PRINT_START BED=60 EXTRUDER=215',
    'SET_PRINT_STATS_INFO CURRENT_LAYER=3',
    'EXCLUDE_OBJECT_DEFINE NAME=gear CENTER=10,20 POLYGON=[[1,2],[3,4]]',
    "SET_FAN_SPEED FAN='part fan' SPEED=0.5",
    '  G1 X1',
    'M84',
  ]
  for (const line of lines) assert.is(refusedLine(`${line}\n`), 0, line)
  assert.is(refusedLine(makeGcode(5000).text), 0)
})

test('a line that Klipper would echo, or must not run, is refused', () => {
  const lines = [
    'G1 X',
    '  g1 x',
    'G92 E',
    'M104 S',
    'G1 X1.2.3',
    'G1 X--1',
    'G1 Xnan',
    'G1 (secret)',
    'G99 X1',
    'SECRET_COORDINATES X=1',
    'PRINT_START BED',
    'PRINT_START BED="60',
    'PRINT_START =60',
    '10 20 30',
    '<b>',
    'G1 X1\u0000',
    'G1 X1\r',
    'STREAM_GCODE_LINE JOB=purch_1',
    'SDCARD_PRINT_FILE FILENAME=other.gcode',
    'FIRMWARE_RESTART',
    'SAVE_CONFIG',
    'M112',
    'N10 G1 X1*50',
    'RESPOND TYPE=command MSG="action:prompt_button Start|FIRMWARE_RESTART"',
    'RESPOND TYPE=command MSG=Action:prompt_show',
    'RESPOND TYPE=command MSG=act\\ion:prompt_show',
    'RESPOND MSG=x ;action:prompt_show',
    'M118 <img src=x>',
    'M118 hello ; <img src=x>',
    'M118 // action:prompt_show',
    'M117 <b>',
    'PRINT_START NOTE="<b>"',
  ]
  for (const line of lines) assert.is(refusedLine(`G28\n${line}\nG28\n`), 2, line)
})

test('no line makes the guard slow', () => {
  const shapes: [start: string, again: string, end: string][] = [
    ['M221', ' S1111111', ' Q'],
    ['M221', ' S11.11', ' Q'],
    ['M221', 'S1', '!'],
    ['M221', ' S1.', '.'],
    ['M221', '         ', '!'],
    ['M84', ' X1111111', ' !'],
    ['M84', ' X', '1.1.1'],
    ['M84', 'XYZ', '1-'],
    ['M1', '111111111', '!'],
    ['PRINT_START', ' A=111111', ' A'],
    ['PRINT_START', ' A=', ' !'],
    ['PRINT_START', ' A="" ', '"'],
    ['PRINT_START', ' A=\'x\' B="y"', " A='"],
    ['PRINT_START', ' A=A=A=A=A', ' "'],
    ['PRINT_START', '         ', '='],
    ['PRINT_START', '   \u2028', '='],
    ['PRINT_START', '_________', '!'],
  ]
  for (const [start, again, end] of shapes) {
    const times = Math.min(100, Math.floor((1000 - start.length - end.length) / Buffer.byteLength(again)))
    const line = `${start}${again.repeat(times)}${end}`
    // A time limit that also ends an expression that never would: the test fails then, and does not hang.
    const judge = createContext({ judge: () => refusedLine(`G28\n${line}\n`) })
    assert.is(runInContext('judge()', judge, { timeout: 200 }), 2, line)
  }
})

test('a line longer than the limit is refused before its end has been read', () => {
  assert.is(refusedLine(`G28\n; ${'x'.repeat(1022)}\n`), 0)
  assert.is(refusedLine(`G28\n; ${'x'.repeat(1023)}\n`), 2)
  assert.is(refusedLine(`G28\n; ${'x'.repeat(1023)}`, 7), 2)
})

test('the result does not depend on how the bytes are cut', () => {
  const line = fc.constantFrom(
    'G1 X1 Y2 E0.5',
    ';LAYER_CHANGE',
    'M104 S200',
    '',
    'BAD LINE',
    'G1 X1.2.3',
    'PRINT_START A=1',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (lines, size) => {
      const text = lines.map(one => `${one}\n`).join('')
      const first = lines.findIndex(one => one === 'BAD LINE' || one === 'G1 X1.2.3') + 1
      assert.is(refusedLine(text, size), first)
    }),
  )
})

test('the last extruding line is recognised in every notation, and wherever the bytes are cut', () => {
  const lines = ['G28', 'G1 X1 E1', 'G1 X2 E1', 'G1 E-2 F1800', 'PRINT_END', '; the end']
  const last = gcodeOf(lines, 3).text.replace('G1 X2 E1', 'g1 x2 e.5').replace('G1 E-2 F1800', 'G1 X9 E-2 ; TAKE E1')
  for (let cut = 0; cut <= last.length; cut++) {
    const guard = createLineGuard(new Set(['PRINT_END', 'G28', 'G1']))
    guard.check(Buffer.from(last.slice(0, cut)))
    guard.check(Buffer.from(last.slice(cut)))
    guard.end()
    assert.is(guard.printedBy(), last.indexOf('G1 X9'))
  }
})

test.run()
