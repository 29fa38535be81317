import { and, eq, lt } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'

export type Printer = typeof printers.$inferSelect

/**
 * The printer whose token this is. Looked up each time, never cached: a revoked printer is out at once.
 * Errors: unauthenticated, forbidden, printer_revoked, token_expired.
 */
export async function requirePrinter(ctx: Context, tx: Queryable = ctx.db): Promise<Printer> {
  const { printerId, version } = printerActor(ctx)
  const [printer] = await tx.select().from(printers).where(eq(printers.printerId, printerId))
  return requireCurrent(tx, printer, version)
}

export function printerActor(ctx: Pick<Context, 'actor'>) {
  if (ctx.actor?.kind === 'printer') return ctx.actor
  throw ctx.actor
    ? new AppError('forbidden', 'This is for printers: use the printer’s own token.')
    : new AppError('unauthenticated', 'This is for printers: send the printer’s token.')
}

/**
 * Takes a token of the printer's version or a later one: a later one was given at a renewal, and its first use ends all
 * earlier ones. Until then they stay good, since the answer to the renewal may be lost. Errors: printer_revoked, token_expired.
 */
export async function requireCurrent(tx: Queryable, printer: Printer | undefined, version: number): Promise<Printer> {
  if (printer?.status !== 'active') {
    throw new AppError('printer_revoked', 'This printer was removed from the marketplace: register it again.')
  }
  if (version < printer.tokenVersion) {
    throw new AppError('token_expired', 'This token was replaced by a renewed one that is in use. Use that one.')
  }
  if (version > printer.tokenVersion) {
    const isOlder = and(eq(printers.printerId, printer.printerId), lt(printers.tokenVersion, version))
    await tx.update(printers).set({ tokenVersion: version }).where(isOlder)
  }
  return { ...printer, tokenVersion: version }
}

/**
 * Keeps an active printer from being removed until the transaction ends; false when it is removed already. It is locked before
 * the rows of what is queued or prepared for it, which must not outlive it.
 */
export async function lockPrinter(tx: Queryable, printerId: string): Promise<boolean> {
  const [printer] = await tx
    .select({ status: printers.status })
    .from(printers)
    .where(eq(printers.printerId, printerId))
    .for('share')
  return printer?.status === 'active'
}

/** Holds a printer, or throws. Errors: printer_revoked. */
export async function lockActivePrinter(tx: Queryable, printerId: string): Promise<void> {
  if (!(await lockPrinter(tx, printerId)))
    throw new AppError('printer_revoked', 'The printer was removed from the marketplace: register it again.')
}

/** An active printer of the user. Errors: not_found, forbidden. */
export async function printerOfUser(tx: Queryable, printerId: string, userId: string): Promise<Printer> {
  const [printer] = await tx
    .select()
    .from(printers)
    .where(and(eq(printers.printerId, printerId), eq(printers.status, 'active')))
  if (!printer) throw new AppError('not_found', `There is no printer ${printerId}.`)
  if (printer.userId !== userId) throw new AppError('forbidden', 'That printer belongs to somebody else.')
  return printer
}
