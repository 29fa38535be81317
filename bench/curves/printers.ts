import { makePrepared } from '../../test/make/prepared.ts'
import { withMarketplace } from '../marketplace/start.ts'
import { tokensOf, waitIdle } from '../poll/idle.ts'
import type { Curve } from './fit.ts'

/**
 * Resident memory in MB of one marketplace process, and the milliseconds in which it answers somebody else, over the number of printers
 * whose polls wait there.
 */
export async function printerCurves(counts: number[]): Promise<{ memory: Curve; answer: Curve }> {
  return withMarketplace(1, async ({ market, instances }) => {
    const { url, child } = instances[0]!
    const own = await makePrepared(market)
    const user = await market.ctx.tokens.forUser(own.userId, 'enthusiast')
    const ask = () => fetch(`${url}/api/printers?limit=1`, { headers: { authorization: `Bearer ${user.token}` } })
    const tokens = await tokensOf(market, own.userId, Math.max(...counts))
    const memory: Curve = []
    const answer: Curve = []
    for (const count of counts) {
      const waiting = await waitIdle(`${url}/api/get-print-job`, child.pid!, tokens.slice(0, count), ask)
      memory.push({ x: count, y: waiting.rssMb })
      answer.push({ x: count, y: waiting.answerMs })
    }
    return { memory, answer }
  })
}
