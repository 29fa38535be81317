import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrinterFacts, printerFacts } from '../../../schema/http/printer-facts.ts'
import type { Settings } from '../../../schema/http/profiles.ts'
import { layerMark } from '../../../slicer/engines/layer-mark.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { layerBody, squareBody } from '../../make/slicer/body.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { assembleBody, type WholeOptions } from '../../make/slicer/slice.ts'

const test = suite('assembled G-code')
const facts = (values: Partial<PrinterFacts>) => printerFacts.parse(values)
const trial = (name: string) => readFileSync(`../shared/trials/${name}`, 'utf8')

test('each line of the body is there once and in order, and each layer has its G-code once', async () => {
  const lines = fc.array(
    fc.oneof(
      fc
        .record({ x: fc.integer({ min: 0, max: 220 }), y: fc.integer({ min: 0, max: 220 }) })
        .map(({ x, y }) => `G1 X${x} Y${y} E0.1`),
      fc.constantFrom('M106 S128', '; infill', '', 'G92 E0', 'G0 X1 Y1 F7200'),
    ),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(lines, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.boolean(),
      async (layers, pieceSize, hasObjects) => {
        const bodies = layers.map((more, n) => `${layerBody(n)}${more.map(line => `${line}\n`).join('')}`)
        const gcode = await assembled(
          bodies.join(''),
          { before_layer_change_gcode: '; before [layer_num]', layer_change_gcode: '; change {layer_num} [layer_z]' },
          { pieceSize, printer: facts({ has_exclude_object: hasObjects }) },
        )
        const [, ...parts] = gcode.split(/^; before \d+\n/m)
        assert.is(parts.length, layers.length)
        let rest = gcode
        for (const [n, body] of bodies.entries()) {
          const own = body.slice(body.indexOf('\n') + 1)
          const at = rest.indexOf(own)
          assert.ok(at >= 0, `layer ${n} is whole`)
          const between = rest.slice(0, at)
          assert.is(between.split(`; before ${n}\n`).length, 2)
          assert.match(
            between,
            `; change ${n} ${Number((0.2 * (n + 1)).toFixed(3))}\nSET_PRINT_STATS_INFO CURRENT_LAYER=${n + 1}\n`,
          )
          rest = rest.slice(at + own.length)
        }
        assert.is(gcode.match(/^EXCLUDE_OBJECT_START/gm)?.length ?? 0, hasObjects ? layers.length : 0)
        assert.not.match(gcode, 'LMNT_LAYER')
      },
    ),
    { numRuns: 40 },
  )
})

test('the fields of a layer come in their order, with the values of that layer', async () => {
  const gcode = await assembled(squareBody(2), {
    before_layer_change_gcode: '; before [layer_num] of [total_layer_count] at [layer_z], so far [max_layer_z]',
    time_lapse_gcode: 'TIMELAPSE_TAKE_FRAME',
    layer_change_gcode: '; after [layer_num]',
  })
  const second = gcode.slice(gcode.indexOf('; before 1'))
  assert.is(
    second.slice(0, second.indexOf('G1 Z0.40')),
    [
      '; before 1 of 2 at 0.4, so far 0.4',
      'G1 Z0.4 F600',
      'TIMELAPSE_TAKE_FRAME',
      '; after 1',
      'SET_PRINT_STATS_INFO CURRENT_LAYER=2',
      'M104 S215',
      'M140 S60',
      'G90',
      'M83',
      '',
    ].join('\n'),
  )
  assert.match(gcode, 'G92 E0\n; before 0 of 2 at 0.2, so far 0.2\nTIMELAPSE_TAKE_FRAME\n; after 0\nSET_PRINT')
})

test('where a layer’s G-code has moved the head, it comes back before the model goes on', async () => {
  const gcode = await assembled(squareBody(2), { time_lapse_gcode: 'G91\nG1 Z5\nG90\nG1 X5 Y5' })
  assert.match(
    gcode,
    'G1 X5 Y5\nSET_PRINT_STATS_INFO CURRENT_LAYER=2\nM104 S215\nM140 S60\nG90\nM83\nG0 X100.000 Y100.000 F6000\nG1 Z0.40',
  )
})

test('an object is defined before the start and stands around the moves of each layer', async () => {
  const printer = facts({ has_exclude_object: true })
  const gcode = await assembled(squareBody(2), {}, { printer, modelName: "Max's box" })
  const polygon = '[120.000,120.000],[100.000,120.000],[100.000,100.000],[120.000,100.000]'
  assert.ok(
    gcode.startsWith(`EXCLUDE_OBJECT_DEFINE NAME=Max_s_box_id_0_copy_0 CENTER=110.000,110.000 POLYGON=[${polygon}]\n`),
    gcode.slice(0, 200),
  )
  const [, first = ''] = gcode.split('CURRENT_LAYER=1\n')
  assert.match(
    first,
    /^EXCLUDE_OBJECT_START NAME=Max_s_box_id_0_copy_0\nG1 Z0\.20 [\s\S]*E0\.8\nEXCLUDE_OBJECT_END NAME=Max_s_box_id_0_copy_0\nSET/,
  )
  for (const other of [facts({ has_exclude_object: false }), facts({}), null]) {
    assert.not.match(await assembled(squareBody(2), {}, { printer: other }), 'EXCLUDE')
  }
})

test('arcs stay for a printer that has [gcode_arcs], and are lines for all others', async () => {
  const arc = 'G0 X150 Y100\nG3 X150 Y120 I0 J10 E1\n'
  const start = 'M104 S220\nG28\nG1 X10 Y10 Z5\nG2 X20 Y10 I5 J0'
  for (const printer of [facts({ has_gcode_arcs: true }), facts({ has_gcode_arcs: false }), facts({}), null]) {
    const gcode = await assembled(
      squareBody(1, () => arc),
      { machine_start_gcode: start },
      { printer },
    )
    const count = gcode.match(/^G[23] /gm)?.length ?? 0
    assert.is(count, printer?.has_gcode_arcs ? 2 : 0)
    assert.match(gcode, printer?.has_gcode_arcs ? arc : /G1 X159\.\d+ Y10\d/)
  }
  const byRadius = await assembled(
    squareBody(1, () => arc.replace('I0 J10', 'R10')),
    {},
    { printer: facts({ has_gcode_arcs: true }) },
  )
  assert.not.match(byRadius, 'G3', 'Klipper does not know an arc by its radius')
})

test('what engines write too long, or of their own objects, is no reason to refuse', async () => {
  const settings = `; ${'filament_notes = é; '.repeat(300)}`
  for (const name of [
    'gcode-exclude-object-long-line.gcode',
    'gcode-object-name-apostrophe.gcode',
    'gcode-arcs.gcode',
  ]) {
    const body = `${layerMark({ n: 0, z: 0.2, height: 0.2 })}${trial(name)}${settings}\n`
    const gcode = await assembled(body, {}, { printer: facts({ has_exclude_object: true }), modelName: "Max's box" })
    assert.ok(gcode.split('\n').every(line => Buffer.byteLength(line) <= 1024))
    assert.equal(
      [...new Set(gcode.match(/^EXCLUDE_OBJECT\w* NAME=\S+/gm))].map(line => line.replace(/ .*=/, ' ')),
      ['DEFINE', 'START', 'END'].map(what => `EXCLUDE_OBJECT_${what} Max_s_box_id_0_copy_0`),
      name,
    )
    assert.ok(gcode.replaceAll('\n;', '').includes(settings.slice(2)), 'nothing of the comment is lost')
  }
})

test('a profile with G-code of layers and filament, and one that ends by conditions on values, are whole', async () => {
  const profile = JSON.parse(trial('profile-filament-gcode-and-layer-gcode.json'))
  const { gcode } = await assembleBody(
    squareBody(2),
    readProfile({
      ...profile,
      machine_settings: { ...profile.machine_settings, layer_change_gcode: 'TIMELAPSE_TAKE_FRAME' },
    }),
  )
  assert.match(
    gcode.toString(),
    ';0.4\nG92 E0\nG1 Z0.4 F600\nTIMELAPSE_TAKE_FRAME\nSET_PRINT_STATS_INFO CURRENT_LAYER=2\n',
  )
})

test.run()

async function assembled(
  body: string,
  changes: Settings = {},
  options: WholeOptions & { pieceSize?: number } = {},
): Promise<string> {
  return (await assembleBody(body, readProfile(testProfile(changes)), options)).gcode.toString()
}
