import { listModels } from '../../bff/services/model/index.ts'
import { expirePreparations, listPrepared } from '../../bff/services/preparation/index.ts'
import { claimPrintJob, expirePrintJobs, listPrintJobs } from '../../bff/services/print-job/index.ts'
import { listPurchases, payUnpaidPurchases } from '../../bff/services/purchase/index.ts'
import { pendingSpend } from '../../bff/services/wallet/index.ts'
import { makePurchases } from '../../test/make/many-purchases.ts'
import { makeContext, type TestContext } from '../../test/make/market.ts'
import { makePrepared } from '../../test/make/prepared.ts'
import { withDatabase } from '../marketplace/start.ts'
import { round } from '../report/statistics.ts'
import type { Curve } from './fit.ts'

const repeats = 15
const page = { limit: 50 }

/** Milliseconds of what users, printers and the tick ask for, over the purchases in the table. */
export function tableCurves(sizes: number[]): Promise<Record<string, Curve>> {
  return withDatabase(async () => {
    const market = await makeContext()
    try {
      return await measure(market, sizes)
    } finally {
      await market.close()
    }
  })
}

async function measure(market: TestContext, sizes: number[]): Promise<Record<string, Curve>> {
  const own = await makePrepared(market)
  const { ctx } = market
  const middle = (size: number) => `${Date.now() - size * 500}.purch_`
  const calls: Record<string, (size: number) => Promise<unknown>> = {
    purchases: () => listPurchases(own.user, page),
    purchases_from_the_middle: size => listPurchases(own.user, { ...page, cursor: middle(size) }),
    print_jobs: () => listPrintJobs(own.user, page),
    models: () => listModels(own.user, page),
    pending_spend: () => pendingSpend(ctx.db, own.userId, 'hbar'),
    prepared: () => listPrepared(own.printer, page),
    poll: () => claimPrintJob(own.printer, 'boot nonce', 0),
    expire_print_jobs: () => expirePrintJobs(ctx),
    expire_preparations: () => expirePreparations(ctx),
    pay_unpaid_purchases: () => payUnpaidPurchases(ctx),
  }
  const curves: Record<string, Curve> = Object.fromEntries(Object.keys(calls).map(name => [name, []]))
  let filled = 0
  for (const size of sizes) {
    await makePurchases(market, own, filled, size)
    filled = size
    for (const [name, call] of Object.entries(calls)) {
      curves[name]?.push({ x: size, y: round(await shortestMs(() => call(size)), 3) })
    }
  }
  return curves
}

/** The shortest of some, which other programs on the machine distort least. */
async function shortestMs(work: () => Promise<unknown>): Promise<number> {
  await work()
  const times: number[] = []
  for (let at = 0; at < repeats; at++) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  return Math.min(...times)
}
