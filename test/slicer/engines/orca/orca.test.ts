import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readLayerMark } from '../../../../slicer/engines/layer-mark.ts'
import { orcaArgs } from '../../../../slicer/engines/orca/orca.ts'
import { readProfile } from '../../../../slicer/profiles/profile.ts'
import { refusal } from '../../../make/errors.ts'
import { box } from '../../../make/slicer/models.ts'
import { makeOrca } from '../../../make/slicer/orca/engine.ts'
import { testProfile } from '../../../make/slicer/profiles.ts'
import { sliceBody, sliceWhole } from '../../../make/slicer/slice.ts'
import { sliceable } from '../../../make/slicer/three.ts'

const test = suite('the orca engine, over a stand-in of OrcaSlicer')
const removals: (() => void)[] = []
test.after(() => {
  for (const remove of removals) remove()
})
const profile = readProfile(testProfile())
const model = () => sliceable(box(10, 10, 2))

async function orca(...options: Parameters<typeof makeOrca>) {
  const { engine, remove } = await makeOrca(...options)
  removals.push(remove)
  return engine
}

test('the command line', () => {
  assert.is(
    orcaArgs(true).join(' '),
    '--load-settings machine.json;process.json --load-filaments filament.json --arrange 1 --orient 0 --slice 0 ' +
      '--allow-newer-file --pipe progress --outputdir . model.stl',
  )
  assert.is(
    orcaArgs(false).join(' '),
    '--load-settings machine.json;process.json --load-filaments filament.json --arrange 0 --slice 0 ' +
      '--allow-newer-file --pipe progress --outputdir . model.stl',
  )
})

test('is sliced with exactly that command line', async () => {
  const engine = await orca('arguments')
  const message = await refusal('engine_failed', () => sliceBody(engine, model(), profile))
  assert.is(
    message,
    `OrcaSlicer refused the print with CLI_SLICING_ERROR: ${JSON.stringify(orcaArgs(true)).slice(0, 300)}`,
  )
})

test('a body with all layers, progress to the end, and G-code that passes the check', async () => {
  const engine = await orca()
  const progress: number[] = []
  const { body, stats } = await sliceBody(engine, model(), profile, { onProgress: part => progress.push(part) })
  const marks = body.split('\n').flatMap(line => readLayerMark(line) ?? [])
  assert.equal(
    marks,
    Array.from({ length: 10 }, (_, n) => ({ n, z: Number((0.2 * (n + 1)).toFixed(3)), height: 0.2 })),
  )
  assert.equal(stats, { layers: 10, estimated_time_s: 65, filament_mm: 20, warnings: [] })
  assert.not.match(body, /LMNT_END|LAYER_CHANGE|^(M104|M140|G28|M83)/m)
  assert.ok(progress.length > 3 && progress.at(-1) === 1)
  const { gcode } = await sliceWhole(engine, model(), profile)
  assert.match(gcode.toString(), /PRINT_START[\s\S]*PRINT_END/)
})

test('the program sees no environment but its own, and no display', async () => {
  const message = await refusal('engine_failed', async () => sliceBody(await orca('environment'), model(), profile))
  assert.match(message, '"XDG_SESSION_TYPE":"x11"')
  assert.not.match(message, 'DISPLAY')
  for (const name of ['npm_', 'NODE_', 'SECRET', 'TOKEN']) assert.not.match(message, name)
})

for (const [fault, what] of [
  ['no-gcode', 'ends well without G-code'],
  ['prime-tower', 'lays the model over the tower that it keeps free (-101)'],
] as const) {
  test(`a version that ${what} is tried again with the model where we put it`, async () => {
    const { stats } = await sliceBody(await orca(fault), model(), profile)
    assert.is(stats.layers, 10)
  })
}

test('the second attempt is the last', async () => {
  const never = await refusal('engine_failed', async () => sliceBody(await orca('never-gcode'), model(), profile))
  assert.match(never, 'made no G-code')
  const conflict = await refusal('engine_failed', async () => sliceBody(await orca('conflict'), model(), profile))
  assert.is(
    conflict,
    'OrcaSlicer refused the print with CLI_GCODE_PATH_CONFLICTS: gcode path conflicts found between model and model',
  )
})

test('what it says of an object reaches the buyer', async () => {
  const message = await refusal('stl_exceeds_bed', async () => sliceBody(await orca('object'), model(), profile))
  assert.match(
    message,
    'CLI_NO_SUITABLE_OBJECTS: Some objects are located over the boundary of the heated bed: model.stl',
  )
})

test('G-code that was written before it failed is not taken', async () => {
  await refusal('engine_failed', async () => sliceBody(await orca('late'), model(), profile))
})

test('a crash has failed', async () => {
  await refusal('engine_failed', async () => sliceBody(await orca('crash'), model(), profile))
})

test('a slice that takes too long is ended', async () => {
  const engine = await orca('slow', { timeoutSeconds: 3 })
  await refusal('engine_timeout', () => sliceBody(engine, model(), profile))
})

test('presets that a profile came from, its G-code and its scripts do not reach the program', async () => {
  const contents = testProfile()
  const process_settings = { ...contents.process_settings, inherits: 'fdm_process_common', post_process: ['/bin/evil'] }
  const { body } = await sliceBody(await orca(), model(), readProfile({ ...contents, process_settings }))
  assert.not.match(body, 'PRINT_START')
})

test.run()
