import { and, eq, gt, or } from 'drizzle-orm'
import { printers, users } from '../../../schema/db/bff.ts'
import { wipe } from '../../../schema/gcode/keys.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { RegisterPrinterRequest, RegisterPrinterResponse } from '../../../schema/http/printers.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { idFor, onceAnOperation } from '../idempotency/operation.ts'
import { appendLedgerEvent } from '../outbox/append.ts'
import type { Printer } from './internal.ts'

/**
 * A user registers a printer: its PSEK is made here, wrapped by the CWS and forgotten; nothing is stored before that. The same
 * `operation` again gives a fresh token of the printer that it registered: no token is ever stored.
 * Errors: cws_unavailable, too_many_requests; not_found when that printer was removed since.
 */
export async function registerPrinter(
  ctx: Context,
  input: RegisterPrinterRequest,
  operation?: string,
): Promise<RegisterPrinterResponse> {
  const { userId } = requireUser(ctx)
  const printerId = idFor(ctx, 'printer', operation)
  const find = async () => (await ctx.db.select().from(printers).where(eq(printers.printerId, printerId)))[0]
  const make = () => storePrinter(ctx, printerId, userId, input)
  const printer = await onceAnOperation(operation, find, make)
  if (printer.status !== 'active') {
    throw new AppError('not_found', 'The printer of this Idempotency-Key was removed since: register with a new key.')
  }
  const { name, description, kekEncryptedPsek } = printer
  const { token, expiresIn } = await ctx.tokens.forPrinter(printerId, userId, printer.tokenVersion)
  return {
    status: 'registered',
    printer_id: printerId,
    user_id: userId,
    name,
    description,
    kek_encrypted_psek_for_gcode_encryption: kekEncryptedPsek,
    encrypted_psek: kekEncryptedPsek,
    kek_id: kekEncryptedPsek,
    printer_token: token,
    expires_in: expiresIn,
  }
}

async function storePrinter(
  ctx: Context,
  printerId: string,
  userId: string,
  input: RegisterPrinterRequest,
): Promise<Printer> {
  // Looked at before the CWS is asked, and again in the transaction.
  await requireRoom(ctx, ctx.db, userId)
  const psek = ctx.random(32)
  const kekEncryptedPsek = await ctx.cws.encrypt(psek, `printer:${printerId}`).finally(() => wipe(psek))
  const now = ctx.clock()
  return ctx.db.transaction(async tx => {
    await requireRoom(ctx, tx, userId)
    const [printer] = await tx
      .insert(printers)
      .values({
        printerId,
        userId,
        name: input.name,
        description: input.description,
        kekEncryptedPsek,
        status: 'active',
        printerMayPrint: input.printer_may_print,
        createdAt: now,
        updatedAt: now,
      })
      .returning()
    await appendLedgerEvent(ctx, tx, {
      type: 'printer_registered',
      public: { printer_id: printerId },
      private: { user_id: userId, name: input.name },
    })
    return printer!
  })
}

/**
 * One at a time for a user: of many at once none slips past. Those of the last day count though they were removed, or whoever
 * registers and removes without end would stay within any bound.
 */
async function requireRoom(ctx: Context, tx: Queryable, userId: string): Promise<void> {
  await tx.select({ userId: users.userId }).from(users).where(eq(users.userId, userId)).for('no key update')
  const yesterday = new Date(ctx.clock().getTime() - 24 * 3600_000)
  const counts = or(eq(printers.status, 'active'), gt(printers.createdAt, yesterday))
  const { printersLimit: limit } = ctx.settings
  const found = await tx
    .select({ printerId: printers.printerId })
    .from(printers)
    .where(and(eq(printers.userId, userId), counts))
    .limit(limit)
  if (found.length < limit) return
  const text = `You may have ${limit} printers, those of the last day that you removed included: remove one, or try tomorrow.`
  throw new AppError('too_many_requests', text)
}
