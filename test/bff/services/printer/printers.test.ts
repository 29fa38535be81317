import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Actor } from '../../../../bff/actor.ts'
import type { Context } from '../../../../bff/context.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { requirePrinter } from '../../../../bff/services/printer/internal.ts'
import { registerPrinter } from '../../../../bff/services/printer/register.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { renewPrinterToken } from '../../../../bff/services/printer/renew-token.ts'
import { outbox, preparations, printers, purchases } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { whileHeld } from '../../../make/held.ts'
import { makeContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, makeProfile } from '../../../make/prepared.ts'

type PrinterActor = Extract<Actor, { kind: 'printer' }>

const test = suite('printers')

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: AppError) => error.code,
  )

test('a printer removes itself, and no other; what was prepared for it expires', async () => {
  const market = await makeContext()
  try {
    const own = await makePrepared(market)
    const neighbour = await makePrepared(market)
    assert.is(await code(removePrinter(own.printer, neighbour.printerId, { force: true })), 'forbidden')
    assert.is(await code(renewPrinterToken(neighbour.printer)), 'ok')

    await removePrinter(own.printer, own.printerId, { force: false })
    const [printer] = await market.db.select().from(printers).where(eq(printers.printerId, own.printerId))
    assert.is(printer?.status, 'revoked')
    const prepared = await market.db.select().from(preparations).where(eq(preparations.printerId, own.printerId))
    assert.equal(
      prepared.map(one => one.status),
      ['expired'],
    )
    assert.is(await code(removePrinter(own.printer, own.printerId, { force: false })), 'printer_revoked')
    assert.is(await code(renewPrinterToken(own.printer)), 'printer_revoked')
  } finally {
    await market.close()
  }
})

test('a user has a bound of printers, which neither many at once nor removing them gets past', async () => {
  const cws = { ...({} as Context['cws']), encrypt: async () => 'wrapped psek' }
  const market = await makeContext({ cws, settings: { printersLimit: 5, printersPerDay: 3 } })
  try {
    const { ctx: user } = await market.newUser()
    const { ctx: neighbour } = await market.newUser()
    const register = (as = user) => registerPrinter(as, { name: 'Voron', description: '', printer_may_print: true })
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => register()))
    const [first, ...others] = answers.flatMap(one => (one.status === 'fulfilled' ? [one.value.printer_id] : []))
    assert.is(others.length, 2)
    assert.is(await market.db.$count(outbox), 3, 'no message for those that were refused')
    assert.is(await code(register(neighbour)), 'ok')

    await removePrinter(user, first!, { force: false })
    const refused = await register().catch((error: AppError) => error)
    assert.ok(refused instanceof AppError && refused.code === 'too_many_requests')
    assert.ok(refused.retryAfterS! > 23 * 3600 && refused.retryAfterS! <= 24 * 3600, `${refused.retryAfterS} s`)
    market.clock.pass(refused.retryAfterS! * 1000)
    for (let count = 0; count < 3; count++) assert.is(await code(register()), 'ok')
    market.clock.pass(25 * 3600_000)
    assert.is(await code(register()), 'too_many_requests', 'five are active')
    await removePrinter(user, others[0]!, { force: false })
    assert.is(await code(register()), 'ok')
  } finally {
    await market.close()
  }
})

test('the first use of a renewed token ends the ones before it, and nothing else does', async () => {
  const market = await makeContext()
  try {
    const { printer, printerId, user } = await makePrepared(market)
    const { ctx } = market
    const actorOf = async (token: string): Promise<Context> => ({ ...ctx, actor: await ctx.tokens.verify(token) })
    const renew = async (as: Context) => actorOf((await renewPrinterToken(as)).printer_token)
    const use = (as: Context) => code(requirePrinter(as))

    const lost = await renew(printer)
    const renewed = await renew(printer)
    assert.is(await use(printer), 'ok', 'nobody has used a renewed one: its answer may have been lost')
    assert.is(await use(renewed), 'ok')
    assert.is(await use(printer), 'token_expired')
    assert.is(await code(renewPrinterToken(printer)), 'token_expired')
    assert.is(await use(lost), 'ok', 'of the same renewal')

    const third = await renew(renewed)
    assert.is(await code(renewPrinterToken(third)), 'ok', 'renewing is a use, too')
    assert.is(await use(renewed), 'token_expired')
    assert.is(await use(third), 'ok')
    await removePrinter(user, printerId, { force: false })
    for (const one of [printer, renewed, third]) assert.is(await use(one), 'printer_revoked')
  } finally {
    await market.close()
  }
})

test('uses of different versions of a token at once leave the newest one good', async () => {
  const market = await makeContext()
  try {
    const { ctx } = market
    for (let round = 0; round < 20; round++) {
      const { printer, printerId } = await makePrepared(market)
      const at = (version: number): Context => ({ ...ctx, actor: { ...(printer.actor as PrinterActor), version } })
      const lock = `SELECT 1 FROM printers WHERE printer_id = '${printerId}' FOR UPDATE`
      const uses = [3, 2].map(version => () => requirePrinter(at(version)))
      await whileHeld(market.sql, tx => tx.unsafe(lock), round % 2 ? uses : uses.reverse())
      assert.is(await code(requirePrinter(at(2))), 'token_expired')
      assert.is(await code(requirePrinter(at(3))), 'ok')
    }
  } finally {
    await market.close()
  }
})

test('two printers are removed at once whose queues hold jobs of the same purchases, in opposite order', async () => {
  const market = await makeContext()
  try {
    const own = await makePrepared(market, 10)
    const { db, clock } = market
    const [purchase] = await db.select().from(purchases)
    const other = newId('purchase', market.ctx.random)
    await db.insert(purchases).values({ ...purchase!, purchaseId: other })
    const printerId = await makePrinter(market, own.userId)
    const profileId = await makeProfile(market, own.userId)
    await makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId })
    for (const printer of [own.printerId, printerId])
      await makePreparation(market, { purchaseId: other, printerId: printer, profileId })
    const queues: [string, string][] = [
      [own.printerId, own.purchaseId],
      [own.printerId, other],
      [printerId, other],
      [printerId, own.purchaseId],
    ]
    for (const [printer_id, purchase_id] of queues) {
      await requestPrint(own.user, { purchase_id, printer_id })
      clock.pass(1000)
    }
    const removals = [own.printerId, printerId].map(id => () => removePrinter(own.user, id, { force: false }))
    const ended = await whileHeld(market.sql, tx => tx`SELECT 1 FROM purchases FOR UPDATE`, removals)
    assert.equal(
      ended.map(one => one.status),
      ['fulfilled', 'fulfilled'],
    )
    assert.equal(
      (await db.select().from(purchases)).map(one => one.printsReserved),
      [0, 0],
    )
  } finally {
    await market.close()
  }
})

test.run()
