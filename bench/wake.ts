/**
 * How soon a printer that waits at one instance of the marketplace has the job that a user asks of another one: the time from
 * the answer to POST /api/print to the answer to the poll, over two real processes and one database. Beside it, in the same run,
 * a poll that does not have to wait, since its job is there already: what is left over is the waking. Bar: 100 ms.
 */
import { makePrepared } from '../test/make/prepared.ts'
import { withMarketplace } from './marketplace/start.ts'
import type { Figures } from './report/result.ts'
import { percentile, round } from './report/statistics.ts'

const rounds = 60
/** Long enough for the poll to be waiting, not on its way. */
const settleMs = 100

export const bars = { woken_p99_ms: { atMost: 100 } }

export async function run(): Promise<Figures> {
  return withMarketplace(2, async ({ market, instances }) => {
    const [here, there] = instances.map(({ url }) => url) as [string, string]
    const woken: number[] = []
    const ready: number[] = []
    for (let round = 0; round < rounds; round++) {
      for (const [waits, times] of [
        [true, woken],
        [false, ready],
      ] as const) {
        const own = await makePrepared(market)
        const user = await market.ctx.tokens.forUser(own.userId, 'enthusiast')
        const printer = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
        const waiting = waits ? poll(here, printer.token) : null
        if (waiting) await new Promise(resolve => setTimeout(resolve, settleMs))
        await print(there, user.token, own.purchaseId)
        const asked = performance.now()
        times.push((await (waiting ?? poll(here, printer.token))) - asked)
      }
    }
    return {
      woken_p50_ms: round(percentile(woken, 50), 1),
      woken_p99_ms: round(percentile(woken, 99), 1),
      no_wait_p50_ms: round(percentile(ready, 50), 1),
      no_wait_p99_ms: round(percentile(ready, 99), 1),
      rounds,
    }
  })
}

/** Resolves with the moment of the answer, which may be before that of the print that woke it. */
async function poll(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/api/get-print-job?boot_nonce=boot-nonce-of-one-edge`, {
    headers: { authorization: `Bearer ${token}`, prefer: 'wait=20' },
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`the poll was answered ${response.status}`)
  return performance.now()
}

async function print(url: string, token: string, purchase_id: string): Promise<void> {
  const response = await fetch(`${url}/api/print`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ purchase_id }),
  })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`the print was answered ${response.status}`)
}
