/**
 * How fast the marketplace passes sealed G-code on from the storage to a printer, beside a bare route that pipes the same file from the
 * storage with the same client; the two alternate. Then one slow client and 50, of 1 MB/s each, and the memory that they take.
 * Bars: 0.8, and 40 MB. `--pairs N`, `--mb SIZE`, `--seconds S` of the slow clients.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { eq } from 'drizzle-orm'
import { googleBucket } from '../bff/bucket/google.ts'
import { build } from '../local/build.ts'
import { cloud } from '../local/stack/cloud.ts'
import { preparations } from '../schema/db/bff/index.ts'
import { makePrepared } from '../test/make/prepared.ts'
import { downloadRate, slowRate } from './download/clients.ts'
import { withMarketplace } from './marketplace/start.ts'
import { startBare } from './process/bare.ts'
import { forgetPeak, memoryMb } from './report/memory.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'

const slow = { mbPerS: 1, crowd: 50 }
const pieceBytes = 1e6

export const bars = {
  ratio_to_piping: { atLeast: 0.8 },
  extra_mb: { atMost: 40 },
  'slow_clients.50.extra_mb': { atMost: 40 },
}

export async function run(args: string[]): Promise<Figures> {
  const options = {
    pairs: { type: 'string', default: '21' },
    mb: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '8' },
  } as const
  const { values } = parseArgs({ args, options })
  const [pairs, seconds, bytes] = [Number(values.pairs), Number(values.seconds), Number(values.mb) * 1e6]
  await build()
  return withMarketplace(1, async ({ market, instances, storage }) => {
    Object.assign(process.env, storage.environment)
    const { url, child } = instances[0]!
    const bucket = googleBucket({
      apiEndpoint: storage.url,
      projectId: cloud.projectId,
      bucketName: cloud.bucket,
    })
    await bucket.write('gcode/bench', pieces(bytes))
    const own = await makePrepared(market)
    const sealed = { gcodeFileUrl: bucket.uri('gcode/bench'), gcodeSize: bytes }
    await market.db.update(preparations).set(sealed).where(eq(preparations.preparationId, own.preparationId))
    const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
    const proxy = {
      url: `${url}/api/print/download-gcode?preparation_id=${own.preparationId}`,
      headers: { authorization: `Bearer ${token}` },
    }
    const bare = await startBare(
      'bench/download/bare.ts',
      storage.url,
      cloud.projectId,
      cloud.bucket,
      bucket.uri('gcode/bench'),
    )
    try {
      const rates = { proxy: [] as number[], bare: [] as number[] }
      // What the first request loads is not part of a download's memory.
      for (const source of [proxy, bare]) await slowRate(source, { clients: 1, mbPerS: slow.mbPerS, seconds: 1 })
      const extraMb = await extraMemory(child.pid!, () => downloadRate(proxy, bytes))
      const pipingExtraMb = await extraMemory(bare.pid, () => downloadRate(bare, bytes))
      for (let pair = 0; pair < pairs; pair++) {
        rates.proxy.push(await downloadRate(proxy, bytes))
        rates.bare.push(await downloadRate(bare, bytes))
      }
      const ratios = rates.proxy.map((rate, pair) => rate / (rates.bare[pair] ?? 0))
      const slowClients: Record<string, unknown> = {}
      for (const clients of [1, slow.crowd]) {
        const work = { clients, mbPerS: slow.mbPerS, seconds }
        let mbPerS = 0
        const extra = await extraMemory(child.pid!, async () => {
          mbPerS = await slowRate(proxy, work)
        })
        slowClients[clients] = { mb_per_s: round(mbPerS, 1), extra_mb: extra }
      }
      return {
        ratio_to_piping: round(median(ratios), 2),
        ratio_range: range(ratios, 2),
        proxy_mb_per_s: Math.round(median(rates.proxy)),
        piping_mb_per_s: Math.round(median(rates.bare)),
        extra_mb: extraMb,
        piping_extra_mb: pipingExtraMb,
        slow_clients: slowClients,
        file_mb: bytes / 1e6,
        pairs,
      }
    } finally {
      await bare.stop()
    }
  })
}

/** The peak of a process's resident memory during the work, above what it had before. */
async function extraMemory(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = memoryMb(pid, 'VmRSS')
  forgetPeak(pid)
  await work()
  return Math.round(memoryMb(pid, 'VmHWM') - before)
}

async function* pieces(bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; at += pieceBytes) yield randomBytes(Math.min(pieceBytes, bytes - at))
}
