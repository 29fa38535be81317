/** Print jobs as the printer and its owner see them: the calls of each, and the purchase's rights. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import { claimPrintJob } from '../../bff/services/print-job/claim.ts'
import { reportOutcome } from '../../bff/services/print-job/report.ts'
import { requestPrint } from '../../bff/services/print-job/request.ts'
import { purchases } from '../../schema/db/bff/index.ts'
import { makeContext, type TestContext } from './market.ts'
import type { Prepared } from './prepared.ts'

export const boot = 'boot-nonce-of-one-edge'
export const otherBoot = 'boot-nonce-of-a-clone'
export const never = new AbortController().signal

interface World {
  market: TestContext
}

/** A suite in which each test has a marketplace of its own. */
export function printJobsSuite(name: string) {
  const test = suite<World>(name)
  test.before.each(async world => {
    const market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z'), wakes: true })
    world.market = market
  })
  test.after.each(({ market }) => market.close())
  return test
}

export const print = (own: Prepared) => requestPrint(own.user, { purchase_id: own.purchaseId })
export const claim = (own: Prepared, nonce = boot, waitMs = 0) => claimPrintJob(own.printer, nonce, waitMs, never)
export const report = (own: Prepared, jobId: string, status: 'success' | 'failure', error?: string) =>
  reportOutcome(own.printer, {
    user_id: own.userId,
    purchase_id: own.purchaseId,
    print_job_id: jobId,
    status,
    ...(error ? { error } : {}),
  })

export async function rights({ market }: World, { purchaseId }: Prepared) {
  const [row] = await market.db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  return { used: row!.printsUsed, reserved: row!.printsReserved, attempts: row!.attempts }
}
