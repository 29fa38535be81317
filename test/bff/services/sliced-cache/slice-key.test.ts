import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalJson, type SliceInput, sliceKey } from '../../../../bff/services/sliced-cache/slice-key.ts'
import { printerFacts } from '../../../../schema/http/printer-facts.ts'

const test = suite('the key of a slice')

const input: SliceInput = {
  modelId: 'model_1',
  modelTitle: 'Gear',
  profile: {
    machine_settings: { nozzle_diameter: ['0.4'], gcode_flavor: 'klipper' },
    process_settings: { layer_height: '0.2' },
    filament: { filament_type: ['PLA'] },
  },
  printer: printerFacts.parse({ macros: [{ name: 'START_PRINT', params: ['BED'] }], has_gcode_arcs: true }),
  engine: null,
  overrides: { infill: 20 },
}

test('is the same whatever the order of the settings', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, item]) => [name, reversed(item)])
        .reverse(),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const overrides = { value }
      assert.is(sliceKey({ ...input, overrides }), sliceKey(reversed({ ...input, overrides }) as SliceInput))
    }),
  )
  assert.match(sliceKey(input), /^[0-9a-f]{64}$/)
})

test('is another one for whatever changes the slice', () => {
  const facts = input.printer!
  const { profile } = input
  const changes: Partial<SliceInput>[] = [
    { modelId: 'model_2' },
    { modelTitle: 'Wheel' },
    { profile: { ...profile, process_settings: { layer_height: '0.20' } } },
    { profile: { ...profile, process_settings: { layer_height: 0.2 } } },
    { profile: { ...profile, filament: { ...profile.filament, note: null } } },
    { profile: { machine_settings: profile.machine_settings, process_settings: profile.filament, filament: {} } },
    { printer: null },
    { printer: { ...facts, has_gcode_arcs: false } },
    { printer: { ...facts, macros: [] } },
    { printer: { ...facts, axis_max: { x: 200, y: 200, z: 200 } } },
    { engine: 'prusa' },
    { overrides: {} },
    { overrides: { infill: '20' } },
  ]
  const keys = [input, ...changes.map(change => ({ ...input, ...change }))].map(sliceKey)
  assert.is(new Set(keys).size, keys.length)
})

test('different values have different canonical texts, and each is JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
      assert.equal(JSON.parse(canonicalJson(a)), plain(a))
      const isSame = canonicalJson(a) === canonicalJson(b)
      if (isSame) assert.equal(plain(a), plain(b))
    }),
  )
  assert.is(canonicalJson({ b: [1, null, { d: 1, c: undefined }], a: 'é"' }), '{"a":"é\\"","b":[1,null,{"d":1}]}')
})

test.run()
