import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../../schema/http/errors.ts'
import type { Settings } from '../../../../schema/http/profiles.ts'
import type { SliceableModel, SliceOptions } from '../../../../slicer/engines/engine.ts'
import { type LayerMark, readLayerMark } from '../../../../slicer/engines/layer-mark.ts'
import { readProfile } from '../../../../slicer/profiles/profile.ts'
import { refusal } from '../../../make/errors.ts'
import { until } from '../../../make/eventually.ts'
import { ball, box, sample } from '../../../make/slicer/models.ts'
import { testProfile } from '../../../make/slicer/profiles.ts'
import { isRunning } from '../../../make/slicer/running.ts'
import { sliceBody } from '../../../make/slicer/slice.ts'
import { copyThree, makeThree, sliceable } from '../../../make/slicer/three.ts'

const test = suite('the three engine')
const child = copyThree()
test.after(child.remove)
const engine = await makeThree({ path: child.path })

test('a gear is sliced into all of its layers, and nothing but layers', async () => {
  const progress: number[] = []
  const { body, stats } = await slice(sliceable(sample('objects/gearwheel.bin.stl')), {}, progress)
  const marks = marksOf(body)
  assert.is(stats.layers, 40, '8 mm in layers of 0.2 mm')
  assert.equal(
    marks,
    Array.from({ length: 40 }, (_, n) => ({ n, z: Number((0.2 * (n + 1)).toFixed(3)), height: 0.2 })),
  )
  assert.ok(body.startsWith(';LMNT_LAYER n=0 z=0.2 height=0.2\n'), body.slice(0, 100))
  assert.not.match(body, /^(M104|M109|M140|M190|M82|M83|G28|G9[01])/m)
  assert.ok(stats.estimated_time_s > 600 && stats.filament_mm > 1000)
  assert.equal(stats.warnings, [])
  assert.ok(progress.length > 10 && progress.at(-1) === 1)
  assert.equal(
    progress,
    [...progress].sort((a, b) => a - b),
  )
})

test('what a raft is made of are layers, too, from the bed on', async () => {
  const { body, stats } = await slice(sliceable(box(10, 10, 2)), { raft_layers: '2' })
  const marks = marksOf(body)
  assert.is(marks.length, stats.layers)
  assert.is(stats.layers, 12)
  marks.reduce((below, { z, height }) => {
    assert.ok(z > below && Math.abs(z - below - height) < 0.002, `${height} mm from ${below} to ${z}`)
    return z
  }, 0)
})

test('a model whose height is a multiple of the layer height keeps its top layer', async () => {
  const { stats, body } = await slice(sliceable(box(10, 10, 4)))
  assert.is(stats.layers, 20)
  assert.match(body, /^;LMNT_LAYER n=19 z=4 /m)
})

test('a bed with its origin in the middle is printed on in its middle', async () => {
  const delta = { printable_area: ['-100x-100', '100x-100', '100x100', '-100x100'] }
  const { body } = await slice(sliceable(box(10, 10, 1)), delta)
  const xs = [...body.matchAll(/^G1 X(-?[\d.]+)/gm)].map(([, x]) => Number(x))
  assert.ok(Math.min(...xs) < -4 && Math.max(...xs) > 4 && Math.max(...xs) < 10)
})

test('settings that the engine does not know, or changes, are told', async () => {
  const { stats } = await slice(sliceable(box(10, 10, 1)), {
    post_process: '/usr/bin/something',
    sparse_infill_pattern: 'lightning',
    fuzzy_skin: 'all',
  })
  assert.equal(stats.warnings, [
    'The engine does not use these settings of the profile: fuzzy_skin, post_process.',
    'The engine has no sparse_infill_pattern "lightning": "rectilinear" was used.',
  ])
})

test('arcs are fitted as the profile asks', async () => {
  const arcs = async (enable_arc_fitting: string) => {
    const { body } = await slice(sliceable(ball(10, 30)), { enable_arc_fitting })
    return body.match(/^G[23] /gm)?.length ?? 0
  }
  assert.ok((await arcs('1')) > 0)
  assert.is(await arcs('0'), 0)
})

test('a brim that does not fit on the bed any more is refused', async () => {
  const message = await refusal('stl_exceeds_bed', () =>
    slice(sliceable(box(39, 39, 1)), { printable_area: ['0x0', '40x0', '40x40', '0x40'], brim_width: '10' }),
  )
  assert.match(message, 'brim')
})

test('whoever waits for a slice can end it', async () => {
  const stop = new AbortController()
  const reason = new AppError('preparation_ended', 'The preparation was cancelled.')
  const slicing = engine.slice(sliceable(ball(30, 60)), readProfile(testProfile()), {
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
    onGcode: async () => {},
  })
  assert.is(await slicing.catch(error => error), reason)
})

for (const kind of ['bwrap', 'unshare', 'none'] as const) {
  test(`whoever ends a slice ends its process (sandbox: ${kind}, where there is one)`, async () => {
    const stop = new AbortController()
    const sandboxed = await makeThree({ path: child.path, kind })
    const slicing = sandboxed.slice(sliceable(ball(30, 40)), readProfile(testProfile()), {
      ...quiet(),
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await slicing.catch(() => {})
    await until(() => !isRunning(child.path))
  })
}

test('a slice that takes too long is ended', async () => {
  const hurried = await makeThree({ path: child.path, timeoutSeconds: 0.2 })
  await refusal('engine_timeout', () => sliceBody(hurried, sliceable(ball(30, 60)), readProfile(testProfile())))
})

test('a slice that takes too much memory fails, and nothing but it', async () => {
  const small = await makeThree({ path: child.path, memoryMib: 20 })
  await refusal('engine_failed', () => sliceBody(small, sliceable(ball(30, 40)), readProfile(testProfile())))
})

test('an engine that cannot be started has failed', async () => {
  const nowhere = await makeThree({
    path: child.path,
    command: { program: process.execPath, args: ['-e', '0'], readable: [] },
  })
  await refusal('engine_failed', () => sliceBody(nowhere, sliceable(box(10, 10, 1)), readProfile(testProfile())))
})

test('when its G-code is not taken, the engine waits, and then fails with the reason', async () => {
  const reason = new Error('the upload broke')
  let chunks = 0
  const slicing = engine.slice(sliceable(ball(30, 20)), readProfile(testProfile()), {
    ...quiet(),
    onGcode: async () => {
      chunks++
      throw reason
    },
  })
  assert.is(await slicing.catch(error => error), reason)
  assert.is(chunks, 1)
})

test.run()

function quiet(): SliceOptions {
  return { signal: new AbortController().signal, onProgress: () => {}, onGcode: async () => {} }
}

async function slice(model: SliceableModel, changes: Settings = {}, progress: number[] = []) {
  const contents = testProfile()
  const profile = readProfile({ ...contents, process_settings: { ...contents.process_settings, ...changes } })
  return sliceBody(engine, model, profile, { onProgress: part => progress.push(part) })
}

function marksOf(body: string): LayerMark[] {
  return body.split('\n').flatMap(line => readLayerMark(line) ?? [])
}
