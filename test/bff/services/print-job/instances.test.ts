import { eq } from 'drizzle-orm'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import * as tables from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { instancesSuite } from '../../../make/instances.ts'
import { makePrepared } from '../../../make/prepared.ts'

const boot = 'boot-nonce-of-one-edge'
const test = instancesSuite('print jobs asked of two instances at once')

test('a poll that waits on one instance is woken by a print asked of the other', async ({ market, instances }) => {
  const own = await makePrepared(market)
  const [here, there] = instances as [Context, Context]
  const waiting = claimPrintJob({ ...here, actor: own.printer.actor }, boot, 20_000, new AbortController().signal)
  const asked = performance.now()
  const { print_job_id } = await requestPrint({ ...there, actor: own.user.actor }, { purchase_id: own.purchaseId })
  const claimed = await waiting
  assert.is(claimed?.print_job_id, print_job_id)
  assert.ok(performance.now() - asked < 5000, 'long before the poll would have ended by itself')
})

test('a job that is cancelled as it is claimed does not keep the one behind it waiting', async ({
  market,
  instances,
}) => {
  const [here, there] = instances as [Context, Context]
  for (let round = 0; round < 20; round++) {
    const own = await makePrepared(market, 2)
    const user: Context = { ...there, actor: own.user.actor }
    const first = await requestPrint(user, { purchase_id: own.purchaseId })
    market.clock.pass(1)
    await requestPrint(user, { purchase_id: own.purchaseId })
    const printer: Context = { ...here, actor: own.printer.actor }
    const [claimed] = await Promise.all([
      claimPrintJob(printer, boot, 0, new AbortController().signal),
      cancelPrintJob(user, first.print_job_id),
    ])
    assert.ok(claimed, 'one of the two is claimed')
  }
})

test('to prepare for a printer while it is removed ends neither in a deadlock', async ({ market, instances }) => {
  const [here, there] = instances as [Context, Context]
  for (let round = 0; round < 20; round++) {
    const own = await makePrepared(market, 2)
    await requestPrint(own.user, { purchase_id: own.purchaseId })
    const [{ profileId }] = (await market.db
      .select({ profileId: tables.preparations.printProfileId })
      .from(tables.preparations)
      .where(eq(tables.preparations.preparationId, own.preparationId))) as [{ profileId: string }]
    const order = {
      user_id: own.userId,
      purchase_id: own.purchaseId,
      print_profile_id: profileId,
      printer_id: own.printerId,
      storage_currency: 'hbar',
      print_immediately: false,
    } as const
    const answers = await Promise.allSettled([
      prepare({ ...here, actor: own.user.actor }, order),
      removePrinter({ ...there, actor: own.user.actor }, own.printerId, { force: true }),
    ])
    for (const answer of answers) {
      if (answer.status === 'rejected' && !isAppError(answer.reason)) throw answer.reason
    }
  }
})

test.run()
