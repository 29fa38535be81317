import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { profileContents, profileMaxBytes } from '../../../schema/http/profiles.ts'
import { expand, parseTemplate, type Value } from '../../../slicer/placeholders/index.ts'
import { lookup } from '../../../slicer/profiles/lookup.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { first } from '../../../slicer/profiles/read.ts'
import { type OrcaMachine, orcaMachines } from '../../make/slicer/machines.ts'

const test = suite('the machines that OrcaSlicer ships')
const machines = orcaMachines()

test('all of them are stored and understood', () => {
  assert.is(machines.length, 394)
  for (const machine of machines) {
    assert.ok(Buffer.byteLength(JSON.stringify(machine)) < profileMaxBytes)
    assert.ok(profileContents.safeParse(machine).success, machine.name)
    const { bed, temperatures, nozzleDiameterMm, written } = readProfile(machine)
    assert.ok(bed.outline.length >= 4 && bed.heightMm > 50, machine.name)
    assert.is(nozzleDiameterMm, Number(first(written, 'nozzle_diameter')), machine.name)
    assert.is(String(temperatures.nozzle), String(first(written, 'nozzle_temperature')), machine.name)
  }
})

test('their G-code becomes what an evaluator of other people made of it', () => {
  for (const machine of machines) {
    const profile = readProfile(machine)
    const find = lookup(profile, runTime(machine, profile.bed))
    for (const [field, expected] of Object.entries(machine.expanded)) {
      const template = parseTemplate(String(first(machine.machine_settings, field) ?? ''), field)
      const outputs = new Map<string, Value>([['e_retracted', { type: 'float', values: [0] }]])
      const text = expand(template, { lookup: find, extruder: 0, random: () => 0.5, outputs })
      if (typeof expected === 'string') assert.is(text, expected, `${machine.name} ${field}`)
      // The evaluator did not know that one; the profiles have it.
      else assert.is(expected.error, 'unknown var extruder_rotation_volume', machine.name)
    }
  }
})

/** Values of the context that are no settings of the machine, as they look. */
function runTime({ context, ...parts }: OrcaMachine, bed: { min: Point; max: Point }): Record<string, Value> {
  const values: Record<string, Value> = {
    // Some contexts leave out what their evaluator did not look at.
    first_layer_print_min: { type: 'float', values: [50, 50] },
    first_layer_print_max: { type: 'float', values: [150, 150] },
    print_bed_min: { type: 'float', values: [bed.min.x, bed.min.y] },
    print_bed_max: { type: 'float', values: [bed.max.x, bed.max.y] },
  }
  const settings = { ...parts.machine_settings, ...parts.process_settings, ...parts.filament }
  for (const [name, value] of Object.entries(context)) {
    // A template may set it.
    if (!(name in settings) && name !== 'e_retracted') values[name] = typed(value)
  }
  return values
}

interface Point {
  x: number
  y: number
}

function typed(value: unknown): Value {
  const entries = [value].flat()
  const type = entries.some(entry => typeof entry === 'number' && !Number.isInteger(entry))
    ? 'float'
    : typeof entries[0] === 'number'
      ? 'int'
      : typeof entries[0] === 'boolean'
        ? 'bool'
        : 'string'
  return (Array.isArray(value) ? { type, values: value } : { type, value }) as Value
}

test.run()
