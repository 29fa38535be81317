import { startInstances } from '../../test/make/marketplace-process.ts'
import { startTestPostgres } from '../../test/make/postgres-server.ts'
import { makePrepared } from '../../test/make/prepared.ts'
import { tokensOf, waitIdle } from '../poll/idle.ts'
import type { Curve } from './fit.ts'

/**
 * Resident memory in MB of one marketplace process, and the milliseconds in which it answers somebody else, over the number of printers
 * whose polls wait there.
 */
export async function printerCurves(counts: number[]): Promise<{ memory: Curve; answer: Curve }> {
  const postgres = await startTestPostgres()
  process.env.LMNT_TEST_POSTGRES = postgres.socketDir
  const { market, instances, close } = await startInstances(1)
  const { url, child } = instances[0]!
  try {
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
  } finally {
    await close()
    await postgres.stop()
  }
}
