import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { profileContents, profileMaxBytes } from '../../../schema/http/profiles.ts'
import { expand, parseTemplate, type Value } from '../../../slicer/placeholders/index.ts'
import { lookup } from '../../../slicer/profiles/lookup.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { first } from '../../../slicer/profiles/read.ts'
import { type Machine, machinesFile, readMachines } from '../../make/slicer/machines.ts'

const test = suite('the machines that OrcaSlicer ships')
const machines = readMachines(machinesFile)

test('all of them are stored and understood', () => {
  assert.is(machines.length, 394)
  for (const { name, profile } of machines) {
    assert.ok(Buffer.byteLength(JSON.stringify(profile)) < profileMaxBytes)
    assert.ok(profileContents.safeParse(profile).success, name)
    const { bed, temperatures, nozzleDiameterMm, written } = readProfile(profile)
    assert.ok(bed.outline.length >= 4 && bed.heightMm > 50, name)
    assert.is(nozzleDiameterMm, Number(first(written, 'nozzle_diameter')), name)
    assert.is(String(temperatures.nozzle), String(first(written, 'nozzle_temperature')), name)
  }
})

test("their G-code becomes what another evaluator made of it, with the profile's own settings", () => {
  for (const machine of machines) {
    const profile = readProfile(machine.profile)
    const find = lookup(profile, runTime(machine, profile.bed))
    for (const [field, expected] of Object.entries(machine.expanded)) {
      const template = parseTemplate(String(first(profile.written, field) ?? ''), field)
      const outputs = new Map<string, Value>([['e_retracted', { type: 'float', values: [0] }]])
      const text = expand(template, { lookup: find, extruder: 0, random: () => 0.5, outputs })
      assert.is(text, expected, `${machine.name} ${field}`)
    }
  }
})

/** Values of the context that are no settings of the machine. */
function runTime({ context, profile }: Machine, bed: { min: Point; max: Point }): Record<string, Value> {
  const settings = { ...profile.machine_settings, ...profile.process_settings, ...profile.filament }
  const named = Object.entries(context).filter(([name]) => !(name in settings) && name !== 'e_retracted')
  return {
    // Some contexts leave out what their evaluator did not look at.
    first_layer_print_min: { type: 'float', values: [50, 50] },
    first_layer_print_max: { type: 'float', values: [150, 150] },
    print_bed_min: { type: 'float', values: [bed.min.x, bed.min.y] },
    print_bed_max: { type: 'float', values: [bed.max.x, bed.max.y] },
    ...Object.fromEntries(named),
  }
}

interface Point {
  x: number
  y: number
}

test.run()
