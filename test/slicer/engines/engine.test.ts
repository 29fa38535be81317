import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownCommands } from '../../../edge/print/gcode/known-commands.ts'
import { createLineGuard } from '../../../edge/print/gcode/line-guard.ts'
import { normaliseGcode } from '../../../schema/gcode/normalise.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Settings } from '../../../schema/http/profiles.ts'
import { checkGcode } from '../../../slicer/check/check.ts'
import type { Engine, SliceableModel, SliceOptions } from '../../../slicer/engines/engine.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { until } from '../../make/google.ts'
import { ball, box, sample } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { bundle, makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite('the three engine')
const child = await bundle('slicer/engines/three-child.ts')
test.after(child.remove)
const engine = await makeThree(child.path)

test('a gear is sliced into all of its layers, between the start and end G-code of the profile', async () => {
  const progress: number[] = []
  const { gcode, stats } = await slice(engine, sliceable(sample('objects/gearwheel.bin.stl')), {}, progress)
  assert.is(stats.layers, 40, '8 mm in layers of 0.2 mm')
  assert.is(gcode.match(/^; LAYER /gm)?.length, 40)
  assert.ok(
    gcode.startsWith(
      'G90\nM104 S0\nM140 S0\nPRINT_START EXTRUDER=220 BED=65\nG90\nG21\nM83\nG92 E0\nSET_PRINT_STATS_INFO CURRENT_LAYER=1\n; LAYER 0',
    ),
  )
  assert.ok(gcode.endsWith('PRINT_END\nM104 S0\nM140 S0\nM107\n'), gcode.slice(-100))
  assert.ok(stats.estimated_time_s > 600 && stats.filament_mm > 1000)
  assert.equal(stats.warnings, [])
  assert.ok(progress.length > 10 && progress.at(-1) === 1)
  assert.equal(
    progress,
    [...progress].sort((a, b) => a - b),
  )
})

test('every layer says its number, from 1 to the number of layers in the totals', async () => {
  const { gcode, stats } = await slice(engine, sliceable(box(10, 10, 2)))
  const numbers = [...gcode.matchAll(/^SET_PRINT_STATS_INFO CURRENT_LAYER=(\d+)\n; LAYER (\d+) /gm)]
  const expected = Array.from({ length: stats.layers }, (_, index) => [`${index + 1}`, `${index}`])
  assert.equal(
    numbers.map(([, number, mark]) => [number, mark]),
    expected,
  )
  const guard = createLineGuard(knownCommands(['PRINT_START', 'PRINT_END']))
  guard.check(Buffer.from(gcode))
  guard.end()
})

test('the temperatures of the first layer change to those of the others after it', async () => {
  const { gcode } = await slice(engine, sliceable(box(10, 10, 1)))
  const second = gcode.indexOf('; LAYER 1')
  assert.is(
    gcode.slice(0, second).split('\n').slice(-4).join(' '),
    'M104 S215 M140 S60 SET_PRINT_STATS_INFO CURRENT_LAYER=2 ',
  )
})

test('a model whose height is a multiple of the layer height keeps its top layer', async () => {
  const { stats, gcode } = await slice(engine, sliceable(box(10, 10, 4)))
  assert.is(stats.layers, 20)
  assert.match(gcode, /^; LAYER 19 Z4\.000/m)
})

test('a bed with its origin in the middle is printed on in its middle', async () => {
  const delta = { printable_area: ['-100x-100', '100x-100', '100x100', '-100x100'] }
  const { gcode } = await slice(engine, sliceable(box(10, 10, 1)), delta)
  const xs = [...gcode.matchAll(/^G1 X(-?[\d.]+)/gm)].map(([, x]) => Number(x))
  assert.ok(Math.min(...xs) < -4 && Math.max(...xs) > 4 && Math.max(...xs) < 10)
})

test('settings that the engine does not know, or changes, are told', async () => {
  const { stats } = await slice(engine, sliceable(box(10, 10, 1)), {
    post_process: '/usr/bin/something',
    sparse_infill_pattern: 'lightning',
    fuzzy_skin: 'all',
  })
  assert.equal(stats.warnings, [
    'The engine does not use these settings of the profile: fuzzy_skin, post_process.',
    'The engine has no sparse_infill_pattern "lightning": "rectilinear" was used.',
  ])
})

test('a brim that does not fit on the bed any more is refused', async () => {
  const message = await refusal('stl_exceeds_bed', () =>
    slice(engine, sliceable(box(39, 39, 1)), { printable_area: ['0x0', '40x0', '40x40', '0x40'], brim_width: '10' }),
  )
  assert.match(message, 'brim')
})

test('whoever waits for a slice can end it', async () => {
  const stop = new AbortController()
  const reason = new AppError('preparation_ended', 'Nobody waits for it any more.')
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
    const sandboxed = await makeThree(child.path, { kind })
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
  const hurried = await makeThree(child.path, { timeoutSeconds: 0.2 })
  await refusal('engine_timeout', () => slice(hurried, sliceable(ball(30, 60))))
})

test('a slice that takes too much memory fails, and nothing but it', async () => {
  const small = await makeThree(child.path, { memoryMib: 20 })
  await refusal('engine_failed', () => slice(small, sliceable(ball(30, 40))))
})

test('an engine that cannot be started has failed', async () => {
  const nowhere = await makeThree(child.path, {
    command: { program: process.execPath, args: ['-e', '0'], readable: [] },
  })
  await refusal('engine_failed', () => slice(nowhere, sliceable(box(10, 10, 1))))
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

/** Looks for a process that was started with this file; without Linux's /proc there is nothing to look at. */
function isRunning(path: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return false
  return readdirSync('/proc').some(name => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(path)
    } catch {
      return false
    }
  })
}

function quiet(): SliceOptions {
  return { signal: new AbortController().signal, onProgress: () => {}, onGcode: async () => {} }
}

/** Slices, and checks what came of it. */
async function slice(by: Engine, model: SliceableModel, changes: Settings = {}, progress: number[] = []) {
  const contents = testProfile()
  const profile = readProfile({ ...contents, process_settings: { ...contents.process_settings, ...changes } })
  const chunks: Buffer[] = []
  const stats = await by.slice(model, profile, {
    ...quiet(),
    onProgress: part => progress.push(part),
    onGcode: async chunk => {
      chunks.push(chunk)
    },
  })
  const gcode: Buffer[] = []
  const source = (async function* () {
    yield* chunks
  })()
  for await (const piece of checkGcode(normaliseGcode(source), profile.bed)) gcode.push(piece)
  return { stats, gcode: Buffer.concat(gcode).toString() }
}
