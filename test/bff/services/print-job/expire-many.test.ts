import { suite } from 'uvu'
import { expirePrintJobs } from '../../../../bff/services/print-job/index.ts'
import { eventually } from '../../../make/eventually.ts'
import { makePurchases } from '../../../make/many-purchases.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

const test = suite('the expiry of print jobs among many that have ended')

const market = await makeContext()
test.after(() => market.close())

test('looks only at the live ones, however many have ended', async () => {
  await makePurchases(market, await makePrepared(market), 0, 5000)
  const scans = async () => {
    const [row] = await market.sql`SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'print_jobs_live'`
    return Number(row?.idx_scan)
  }
  await expirePrintJobs(market.ctx)
  // The server counts a scan a moment after it.
  await eventually('a scan of the live jobs', async () => (await scans()) > 0)
})

test.run()
