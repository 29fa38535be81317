import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../bff/context.ts'
import { requestPrint } from '../../../bff/services/print-job/request.ts'
import { runDue } from '../../../bff/services/tick.ts'
import { ledgerTransactions, printJobs } from '../../../schema/db/bff/index.ts'
import { makeContext } from '../../make/market.ts'
import { makePrepared } from '../../make/prepared.ts'

const test = suite('the tick')
// What the ledger is asked for within one turn: 20 ms at this scale.
const market = await makeContext({ settings: { timeScale: 1000 } })
const { ctx, db, clock } = market
test.after(market.close)
test.before.each(async () => {
  await db.delete(ledgerTransactions)
})

/** Transactions that are still open, and a ledger that is asked about them and answers when it is told to. */
async function openTransactions(count: number) {
  const transactionId = (number: number) => `0.0.2@${1_700_000_000 + number}.000000001`
  await db.insert(ledgerTransactions).values(
    Array.from({ length: count }, (_, number) => ({
      transactionId: transactionId(number),
      kind: 'event' as const,
      subjectId: `event_${number}`,
      status: 'submitted' as const,
      signedBytes: Buffer.from('signed'),
      validUntil: new Date(0),
      createdAt: new Date(0),
    })),
  )
  let answer = () => {}
  const told = new Promise<void>(resolve => {
    answer = resolve
  })
  let asked = 0
  const ask = async () => {
    asked += 1
    await told
    return { status: 'unknown' as const, reason: 'away' }
  }
  const ledger = { ...({} as Context['ledger']), receipt: ask, lookup: ask, submit: ask } as Context['ledger']
  return { ledger, answer, asked: () => asked }
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not so within 20 s: ${isSo}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('a print that was not started in time expires though the ledger does not answer', async () => {
  const { user, userId, purchaseId } = await makePrepared(market)
  await requestPrint(user, { user_id: userId, purchase_id: purchaseId })
  clock.pass(25 * 3600_000)
  const { ledger, answer } = await openTransactions(1)
  const ticking = runDue({ ...ctx, ledger })
  await until(async () => {
    const [job] = await db.select().from(printJobs).where(eq(printJobs.purchaseId, purchaseId))
    return job?.status === 'expired'
  })
  answer()
  await ticking
})

test('of a ledger that hangs no more is asked than fits into one turn', async () => {
  const { ledger, answer, asked } = await openTransactions(50)
  const ticking = runDue({ ...ctx, ledger })
  await until(() => asked() > 0)
  const before = performance.now()
  await until(() => performance.now() - before > 30)
  answer()
  await ticking
  assert.ok(asked() < 50, `asked ${asked()} times`)
})

test.run()
