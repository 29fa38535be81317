/** Two instances of the marketplace on one database. */
import { suite } from 'uvu'
import type { Context } from '../../bff/context.ts'
import { startWake } from '../../bff/wake.ts'
import * as tables from '../../schema/db/bff/index.ts'
import { connectDatabase } from '../../schema/db/connect.ts'
import { makeContext, type TestContext } from './market.ts'

interface World {
  market: TestContext
  other: ReturnType<typeof connectDatabase>
  /** The context of each of two instances: a pool of connections and a LISTEN of its own. */
  instances: Context[]
}

/** A suite whose tests ask both instances; they share the marketplace. */
export function instancesSuite(name: string) {
  const test = suite<World>(name)
  test.before(async world => {
    const settings = { slicingFees: { hbar: 0n } }
    world.market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z'), settings })
    const { ctx, database } = world.market
    ctx.wake = await startWake(database)
    world.other = connectDatabase({ ...database.at, tables, applicationName: 'other', max: 10 })
    const db = world.other.db as unknown as Context['db']
    world.instances = [ctx, { ...ctx, db, wake: await startWake(world.other) }]
  })
  test.after(async ({ market, other, instances }) => {
    for (const { wake } of instances) await wake.close()
    await other.close()
    await market.close()
  })
  return test
}
