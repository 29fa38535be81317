/** The child that opens models, bundled, in the best sandbox of this host: hostile files cost seconds and bounded memory. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { silentLog } from '../../../runtime/log.ts'
import type { ErrorCode } from '../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../schema/http/model-limits.ts'
import { maxTriangles } from '../../../slicer/model/limits.ts'
import { openModel } from '../../../slicer/model/open-model.ts'
import { openCommand } from '../../../slicer/open/command.ts'
import { openInChild } from '../../../slicer/open/in-child.ts'
import { findSandbox } from '../../../slicer/sandbox/find.ts'
import { refusal } from '../../make/errors.ts'
import { binaryStl, box, sample } from '../../make/slicer/models.ts'
import { meshObject, modelPart, threemf } from '../../make/slicer/threemf.ts'

const test = suite('the child that opens models')
const child = resolve('dist/slicer-open.js')
/** Less than what production gives it: the largest models get along with that. */
const limits = { cpuSeconds: 20, memoryMib: 900 }
const open = openInChild({ command: openCommand(child), sandbox: await findSandbox(), log: silentLog, ...limits })
const options = { units: null, views: ['isometric' as const, 'top' as const] }
const never = new AbortController().signal

test('a model comes out of it as it does in this process', async () => {
  for (const file of [
    sample('objects/gearwheel.bin.stl'),
    threemf(modelPart(meshObject(1, box(9, 9, 9)), '<item objectid="1"/>')),
  ]) {
    assert.equal(await open(file, options, never), await openModel(file, options))
  }
  const { size } = await open(binaryStl(box(3, 2, 1)), { units: 'inch', views: [] }, never)
  assert.is(Math.round(size.x * 10), 762)
  const changed = { units: null, views: [], scalePercent: 50, orientation: 'y90' as const }
  assert.equal((await open(binaryStl(box(10, 20, 30)), changed, never)).size, { x: 15, y: 10, z: 5 })
})

test('a refusal comes out with its code and sentence', async () => {
  assert.match(await refusal('stl_malformed', () => open(Buffer.from('solid\nfacet x'), options, never)), /line 2/)
})

test('it loads no zod, whose start takes longer than most models', () => {
  assert.not.match(readFileSync(child, 'utf8'), 'node_modules/zod')
})

const hostile: [string, ErrorCode, () => Buffer][] = [
  ['101 MB', 'stl_too_large', () => Buffer.alloc(modelMaxBytes + 1)],
  ['1.6 million triangles', 'stl_too_many_triangles', () => claiming(1_600_000)],
  ['1.6 million triangles of text', 'stl_too_many_triangles', () => quads(800_000)],
  ['a lying count', 'stl_malformed', () => claiming(10, 0xffffffff).subarray(0, 500)],
  ['NaN everywhere', 'stl_not_finite', () => claiming(100_000).fill(0xff, 84)],
  ['a zip bomb', 'stl_malformed', () => threemf(' '.repeat(500 * 2 ** 20))],
  ['a zip bomb of elements', 'stl_malformed', () => threemf(modelPart('<a/>'.repeat(100 * 2 ** 20), ''))],
  ['100 MB of one word', 'stl_empty', () => Buffer.alloc(modelMaxBytes, 'solid\nfacet').fill('a', 12)],
  ['100 MB of points', 'stl_too_many_triangles', () => Buffer.alloc(modelMaxBytes, 'v 10.25 20.125 3\n')],
  ['100 MB of line ends', 'stl_malformed', () => Buffer.alloc(modelMaxBytes, '\n')],
]
for (const [what, code, make] of hostile) {
  test(`${what}: refused as ${code} in seconds, while this process goes on answering`, async () => {
    const file = make()
    let turns = 0
    const clock = setInterval(() => turns++, 20)
    const started = performance.now()
    const message = await refusal(code, () => open(file, options, never))
    assert.not.match(message, /limits on time and memory/)
    const seconds = (performance.now() - started) / 1000
    clearInterval(clock)
    if (seconds > 1) assert.ok(turns > seconds * 10, `${turns} turns in ${seconds.toFixed(1)} s`)
  })
}

test('as many triangles as are allowed are opened within 900 MiB', async () => {
  const file = claiming(maxTriangles)
  for (let at = 84; at < file.length; at += 50) {
    const [x, y] = [((at / 50) % 1000) / 5, at / 50_000 / 8]
    for (const [index, value] of [x, y, 0, x + 0.1, y, 0, x, y + 0.1, (at % 7) / 2].entries()) {
      file.writeFloatLE(value, at + 12 + 4 * index)
    }
  }
  const { triangles, stl } = await open(file, { units: null, views: ['isometric', 'front', 'side', 'top'] }, never)
  assert.is(triangles, maxTriangles)
  assert.ok(stl.length > 50 * maxTriangles - 1e6)
})

test('what takes too much time or memory ends with a code, and a cancelled one with its reason', async () => {
  // The file alone is 60 MB, its triangles are 50 MB.
  for (const tight of [{ cpuSeconds: 1 }, { memoryMib: 150 }]) {
    const opener = openInChild({
      command: openCommand(child),
      sandbox: await findSandbox(),
      log: silentLog,
      ...tight,
    })
    const message = await refusal('stl_malformed', () => opener(quads(700_000), options, never))
    assert.match(message, /limits on time and memory/)
  }
  const reason = new Error('cancelled')
  const error = await open(sample('objects/bunny.bin.stl'), options, AbortSignal.abort(reason)).catch((e: unknown) => e)
  assert.is(error, reason)
})

test.run()

function claiming(triangles: number, count = triangles): Buffer {
  const file = Buffer.alloc(84 + 50 * triangles)
  file.writeUInt32LE(count, 80)
  return file
}

function quads(count: number): Buffer {
  const quad = 'facet outer loop vertex 1 2 3 vertex 4 5 6 vertex 7 8 9 vertex 1 1 1 endloop endfacet\n'
  return Buffer.from(`solid\n${quad.repeat(count)}`)
}
