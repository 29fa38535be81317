import { and, eq, sql } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import { type Printer, printerOfUser, requirePrinter } from './internal.ts'

/**
 * Removes a printer, for its user or for itself (when its host has been registered again, perhaps by another user). Revokes its token
 * and key, cancels its queued jobs and expires its preparations.
 * Errors: not_found, forbidden, printer_revoked, printer_busy (an active job, unless `force`, which fails it).
 */
export async function removePrinter(ctx: Context, printerId: string, { force }: { force: boolean }): Promise<void> {
  await inTransaction(ctx, async tx => {
    const printer = await removablePrinter(ctx, tx, printerId)
    // First: requests that queue or prepare for the printer lock this row, so they see the removal.
    const revoked = await tx
      .update(printers)
      .set({ status: 'revoked', tokenVersion: sql`${printers.tokenVersion} + 1`, updatedAt: ctx.clock() })
      .where(and(eq(printers.printerId, printerId), eq(printers.status, 'active')))
      .returning({ printerId: printers.printerId })
    if (revoked.length === 0) throw new AppError('not_found', `There is no printer ${printerId}.`)
    await ctx.handlers.onPrinterRemoved(ctx, tx, printerId, { force })
    await appendLedgerEvent(ctx, tx, {
      type: 'printer_revoked',
      public: { printer_id: printerId },
      private: { user_id: printer.userId },
    })
  })
}

async function removablePrinter(ctx: Context, tx: Queryable, printerId: string): Promise<Printer> {
  if (ctx.actor?.kind !== 'printer') return printerOfUser(tx, printerId, requireUser(ctx).userId)
  const printer = await requirePrinter(ctx, tx)
  if (printer.printerId === printerId) return printer
  throw new AppError('forbidden', 'A printer can remove only itself.')
}
