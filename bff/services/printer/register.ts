import { and, desc, eq, gt } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import { wipe } from '../../../schema/gcode/keys.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { RegisterPrinterRequest, RegisterPrinterResponse } from '../../../schema/http/printers.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import { dayStart, requireDailyQuota } from '../quota.ts'
import { lockUserRow } from '../user.ts'
import type { Printer } from './internal.ts'

/**
 * Registers a printer for a user. Its PSEK is generated here, wrapped by the CWS and wiped before anything is stored. Repeating an
 * `operationId` returns a new token of the same printer, since tokens are not stored.
 * Errors: cws_unavailable, too_many_requests; not_found when that printer has been removed.
 */
export async function registerPrinter(
  ctx: Context,
  input: RegisterPrinterRequest,
  operationId?: string,
): Promise<RegisterPrinterResponse> {
  const { userId } = requireUser(ctx)
  const printerId = idFor(ctx, 'printer', operationId)
  const find = async () => (await ctx.db.select().from(printers).where(eq(printers.printerId, printerId)))[0]
  const make = () => storePrinter(ctx, printerId, userId, input)
  const printer = await oncePerOperation(operationId, find, make)
  if (printer.status !== 'active') {
    throw new AppError('not_found', 'The printer of this Idempotency-Key was removed. Register with a new key.')
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
  // Checked before the call of the CWS, and again in the transaction.
  await requirePrinterQuota(ctx, ctx.db, userId)
  const psek = ctx.random(32)
  const kekEncryptedPsek = await ctx.cws.encrypt(psek, `printer:${printerId}`).finally(() => wipe(psek))
  const now = ctx.clock()
  return inTransaction(ctx, async tx => {
    await requirePrinterQuota(ctx, tx, userId)
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

/** Checks the user's number of printers, and the registrations of the last 24 hours. */
async function requirePrinterQuota(ctx: Context, tx: Queryable, userId: string): Promise<void> {
  await lockUserRow(tx, userId)
  const { printersLimit, printersPerDay } = ctx.settings
  const ofUser = eq(printers.userId, userId)
  const made = await tx
    .select({ at: printers.createdAt })
    .from(printers)
    .where(and(ofUser, gt(printers.createdAt, dayStart(ctx))))
    .orderBy(desc(printers.createdAt))
    .limit(printersPerDay)
  requireDailyQuota(
    ctx,
    made.map(({ at }) => at),
    printersPerDay,
    'printers are registered',
  )
  if ((await tx.$count(printers, and(ofUser, eq(printers.status, 'active')))) < printersLimit) return
  const text = `You have ${printersLimit} printers, which is the most. Remove one first.`
  throw new AppError('too_many_requests', text)
}
