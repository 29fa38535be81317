/** The reads that users and printers ask for most, each with the SELECTs that it sends. */
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Context } from '../../bff/context.ts'
import { listModels } from '../../bff/services/model/index.ts'
import { listPrepared } from '../../bff/services/preparation/index.ts'
import { listPrintJobs } from '../../bff/services/print-job/index.ts'
import { listPrinters } from '../../bff/services/printer/index.ts'
import { listProfiles } from '../../bff/services/profile/index.ts'
import { listPurchases } from '../../bff/services/purchase/index.ts'
import * as tables from '../../schema/db/bff/index.ts'
import type { TestContext } from '../../test/make/market.ts'
import type { Prepared } from '../../test/make/prepared.ts'

interface Statement {
  text: string
  params: unknown[]
}

export interface Call {
  path: string
  as: 'user' | 'printer'
  statements: Statement[]
}

const page = { limit: 50 }

const calls: (Pick<Call, 'path' | 'as'> & { run: (ctx: Context) => Promise<unknown> })[] = [
  { path: 'purchases', as: 'user', run: ctx => listPurchases(ctx, page) },
  { path: 'models', as: 'user', run: ctx => listModels(ctx, page) },
  { path: 'printers', as: 'user', run: ctx => listPrinters(ctx, page) },
  { path: 'print-jobs', as: 'user', run: ctx => listPrintJobs(ctx, page) },
  { path: 'print-profiles', as: 'user', run: ctx => listProfiles(ctx, page) },
  { path: 'prepared', as: 'printer', run: ctx => listPrepared(ctx, page) },
]

/** Runs each once, for its statements. */
export async function callsOf(market: TestContext, own: Prepared): Promise<Call[]> {
  const found: Call[] = []
  for (const { path, as, run } of calls) {
    const statements: Statement[] = []
    const logger = { logQuery: (text: string, params: unknown[]) => void statements.push({ text, params }) }
    const db = drizzle(market.sql, { schema: tables, logger }) as unknown as Context['db']
    await run({ ...own[as], db })
    found.push({ path, as, statements })
  }
  return found
}
