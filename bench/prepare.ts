/**
 * What a preparation costs beyond the engine: the time of a whole job (download, checks, spool, assembly, seal, upload) beside that of the
 * engine alone with the same model. The two alternate; the ratio is the median of the rounds' ratios. Bar: 0.1.
 * Then the time of a preparation of 50 MB from the cache. Bar: 1.5 s.
 */
import { build } from '../local/build.ts'
import { readProfile } from '../slicer/profiles/profile.ts'
import { startCloud } from '../test/make/slicer/cloud.ts'
import { ball, binaryStl } from '../test/make/slicer/models.ts'
import { testProfile } from '../test/make/slicer/profiles.ts'
import { makeThree, sliceable } from '../test/make/slicer/three.ts'
import { makeWorld } from '../test/make/slicer/world.ts'
import { timeCached } from './prepare/cached.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'

const rounds = 7
/** 50,000 triangles; some tens of MB of G-code. */
const [radiusMm, rings] = [45, 113]
const timeoutSeconds = 600
const settings = { layer_height: '0.12', sparse_infill_density: '25%' }

export const bars = { overhead_ratio: { atMost: 0.1 }, cached_seconds_50mb: { atMost: 1.5 } }

export async function run(): Promise<Figures> {
  await build()
  const engine = await makeThree({ timeoutSeconds, memoryMib: 2048 })
  const cloud = await startCloud()
  const world = await makeWorld(cloud.google, { engine, leaseSeconds: timeoutSeconds })
  try {
    const file = binaryStl(ball(radiusMm, rings))
    const profile = testProfile(settings)
    const times: { engine: number; prepare: number }[] = []
    let gcodeBytes = 0
    for (let round = 0; round < rounds; round++) {
      const alone = await seconds(async () => {
        gcodeBytes = 0
        await engine.slice(sliceable(file), readProfile(profile), {
          signal: new AbortController().signal,
          onProgress: () => {},
          onGcode: async chunk => {
            gcodeBytes += chunk.length
          },
        })
      })
      const { job } = await world.makeJob(file, profile)
      const whole = await seconds(async () => {
        const answer = await world.push(job)
        const outcome = world.results.at(-1)?.outcome
        if (answer.status !== 204 || outcome !== 'sliced')
          throw new Error(`the job ended with ${answer.status} ${outcome}`)
      })
      times.push({ engine: alone, prepare: whole })
    }
    const cached = await timeCached(world)
    const overheads = times.map(time => time.prepare / time.engine - 1)
    return {
      overhead_ratio: round(median(overheads), 3),
      overhead_range: range(overheads, 3),
      prepare_seconds: round(median(times.map(time => time.prepare)), 3),
      engine_seconds: round(median(times.map(time => time.engine)), 3),
      gcode_mb: round(gcodeBytes / 1e6, 3),
      cached_seconds_50mb: round(median(cached.map(time => time.seconds)), 3),
      cached_cpu_seconds_50mb: round(median(cached.map(time => time.cpuSeconds)), 3),
    }
  } finally {
    world.stop()
    await world.close()
    await cloud.close()
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
