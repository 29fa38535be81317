/** A verb's messages are delivered after its commit, whether a route or the tick called it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../bff/context.ts'
import { endPreparationsOfPrinter } from '../../bff/services/preparation/end-of-printer.ts'
import { claimPrintJob } from '../../bff/services/print-job/claim.ts'
import { reportOutcome } from '../../bff/services/print-job/report.ts'
import { requestPrint } from '../../bff/services/print-job/request.ts'
import { removePrinter } from '../../bff/services/printer/remove.ts'
import { inTransaction } from '../../bff/transaction.ts'
import { outbox } from '../../schema/db/bff/index.ts'
import { makeContext } from '../make/market.ts'
import { makePrepared } from '../make/prepared.ts'

const test = suite('delivery after a commit')
const market = await makeContext({ wakes: true })
test.after(market.close)

const owed = () => market.db.$count(outbox)

/** A context that counts the outbox, as it is committed, each time that it is told to deliver. */
function watching(as: Context) {
  const seen: Promise<number>[] = []
  const afterCommit = () => void seen.push(owed())
  return { watched: { ...as, handlers: { ...as.handlers, afterCommit } }, seen: () => Promise.all(seen) }
}

test('a print, its report and the removal of its printer are delivered at once', async () => {
  const own = await makePrepared(market)
  const { user_id, purchase_id } = { user_id: own.userId, purchase_id: own.purchaseId }
  const steps: ((watched: Context) => Promise<unknown>)[] = [
    ctx => requestPrint({ ...ctx, actor: own.user.actor }, { purchase_id }),
    async ctx => {
      const job = await claimPrintJob(own.printer, 'boot-nonce-of-the-test', 0, AbortSignal.timeout(5000))
      const report = { user_id, purchase_id, print_job_id: job!.print_job_id, status: 'failure' as const }
      await reportOutcome({ ...ctx, actor: own.printer.actor }, report)
    },
    ctx => removePrinter({ ...ctx, actor: own.user.actor }, own.printerId, { force: false }),
  ]
  for (const step of steps) {
    const before = await owed()
    const { watched, seen } = watching(market.ctx)
    await step(watched)
    assert.ok((await seen()).at(-1)! > before)
  }
})

test('nothing is delivered of what was rolled back', async () => {
  const own = await makePrepared(market)
  const { watched, seen } = watching(market.ctx)
  const before = await owed()
  const failing = inTransaction(watched, async tx => {
    await endPreparationsOfPrinter(watched, tx, own.printerId)
    throw new Error('rolled back')
  })
  await failing.then(assert.unreachable, () => {})
  assert.equal([await seen(), await owed()], [[], before])
})

test.run()
