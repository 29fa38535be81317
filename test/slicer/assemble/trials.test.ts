/** Profiles made after public reports: the G-code that each of them deserves. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrinterFacts, printerFacts } from '../../../schema/http/printer-facts.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { squareBody } from '../../make/slicer/body.ts'
import { assembleBody } from '../../make/slicer/slice.ts'

const test = suite('G-code of the profiles of public reports')

test('a purge strip left of the bed is accepted, unless the printer does not reach it', async () => {
  assert.match(await gcodeOf('purge-left-of-bed'), /X-\d/)
  const narrow = printerFacts.parse({ axis_min: { x: 0, y: 0, z: 0 }, axis_max: { x: 220, y: 220, z: 250 } })
  const message = await refusal('gcode_rejected', () => gcodeOf('purge-left-of-bed', narrow))
  assert.match(message, /machine_start_gcode line \d+ moves to X -\d+.*: this printer's X begins at 0/)
})

test('end G-code by conditions is worked out with the height of the print', async () => {
  assert.match(await gcodeOf('end-gcode-conditions'), '\nG1 Z2.6 F600\nG1 X5 Y176 F')
})

test('layer G-code stays, and the filament’s pressure advance is set', async () => {
  const gcode = await gcodeOf('filament-gcode-and-layer-gcode')
  for (const n of [1, 2, 3]) assert.match(gcode, `TIMELAPSE_TAKE_FRAME\nSET_PRINT_STATS_INFO CURRENT_LAYER=${n}\n`)
  assert.match(gcode, 'SET_PRESSURE_ADVANCE ADVANCE=0.035\n')
})

test('the number of layers is known in the start', async () => {
  assert.match(await gcodeOf('total-layer-count'), /=\s*3\b/)
})

test.run()

async function gcodeOf(name: string, printer: PrinterFacts | null = null): Promise<string> {
  const { machine_settings, process_settings, filament } = JSON.parse(
    readFileSync(`../shared/trials/profile-${name}.json`, 'utf8'),
  )
  const profile = readProfile({ machine_settings, process_settings, filament })
  return (await assembleBody(squareBody(3), profile, { printer })).gcode.toString()
}
