/** How long a preparation from the cache takes: 50 MB of G-code, from the message to the result, through the slicer's own code. */
import { randomBytes } from 'node:crypto'
import { newFernetKey } from '../../schema/gcode/fernet.ts'
import { sliceDetails } from '../../schema/http/slice.ts'
import { madeBy } from '../../slicer/slice/made-by.ts'
import { uploadSealed } from '../../slicer/slice/upload-sealed.ts'
import { slicedResult } from '../../test/make/sliced.ts'
import { bucket } from '../../test/make/slicer/cloud.ts'
import { ball, binaryStl } from '../../test/make/slicer/models.ts'
import type { World } from '../../test/make/slicer/world.ts'
import { makeGcode } from '../gcode/make.ts'

const gcodeBytes = 50_000_000
const rounds = 5
const pieceBytes = 64 * 1024

/**
 * The seconds of each round, and of the CPU in each (storage and marketplace are doubles in the same process): other programs on the
 * same cores distort the first. Throws when the model was sliced instead.
 */
export async function timeCached(world: World): Promise<{ seconds: number; cpuSeconds: number }[]> {
  const { context, marketplace } = world
  const dek = newFernetKey(randomBytes)
  const { job, started } = await world.makeJob(binaryStl(ball(5, 10)))
  const gcs_uri = `gs://${bucket}/cache/bench/copy.lmnt`
  const estimates = () => ({ layers: 1, estimated_time_s: 1, filament_mm: 1 })
  const signal = new AbortController().signal
  const stored = { ...started, gcode_gcs_uri: gcs_uri }
  const { size, sha256, totals } = await uploadSealed(context, stored, inPieces(makeGcode(gcodeBytes)), {
    dek,
    estimates,
    signal,
  })
  marketplace.keys.set('wrapped-dek-of-the-copy', dek)
  const copy = {
    gcs_uri,
    size,
    sha256,
    wrapped_dek: 'wrapped-dek-of-the-copy',
    made_by: madeBy(context, context.engines[0]),
  }
  const hit = { copy, details: { ...sliceDetails.parse(slicedResult(started)), totals } }
  marketplace.state.cacheOf = () => {
    return { key_context: 'cache:bench', copy_gcs_uri: `gs://${bucket}/cache/bench/new.lmnt`, hit }
  }
  const times: { seconds: number; cpuSeconds: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    const cpu = process.cpuUsage()
    const answer = await world.push(job)
    const { user, system } = process.cpuUsage(cpu)
    times.push({ seconds: (performance.now() - begin) / 1000, cpuSeconds: (user + system) / 1e6 })
    const result = world.results.at(-1)
    if (result?.outcome !== 'sliced' || !result.from_cache) {
      throw new Error(`the job ended with ${answer.status} ${result?.outcome}, not from the cache`)
    }
  }
  return times
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
