import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { removePrinter } from '../../bff/services/printer/remove.ts'
import { renewPrinterToken } from '../../bff/services/printer/renew-token.ts'
import { preparations, printers } from '../../schema/db/bff.ts'
import type { AppError } from '../../schema/http/errors.ts'
import { makeContext } from '../make/market.ts'
import { makePrepared } from '../make/prepared.ts'

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

test.run()
