import { and, eq, lt, sql } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context, Queryable } from '../../context.ts'

export type Printer = typeof printers.$inferSelect

/**
 * The printer of the request's token. Read from the database each time, so that a revocation is effective at once.
 * Errors: unauthenticated, forbidden, printer_revoked, token_expired.
 */
export async function requirePrinter(ctx: Context, tx: Queryable = ctx.db): Promise<Printer> {
  const { printerId, version } = printerActor(ctx)
  const [printer] = await printerQuery(tx).execute({ printerId })
  return requireCurrent(tx, printer, version)
}

const printerQuery = buildOnce(db =>
  db
    .select()
    .from(printers)
    .where(eq(printers.printerId, sql.placeholder('printerId')))
    .prepare('printer'),
)

export function printerActor(ctx: Pick<Context, 'actor'>) {
  if (ctx.actor?.kind === 'printer') return ctx.actor
  throw ctx.actor
    ? new AppError('forbidden', 'This is for printers: use the printer’s own token.')
    : new AppError('unauthenticated', 'This is for printers: send the printer’s token.')
}

/**
 * Accepts a token of the stored version or a later one. A later version comes from a renewal: its first use revokes the earlier ones,
 * which stay valid until then because the answer to the renewal may be lost. Errors: printer_revoked, token_expired.
 */
export async function requireCurrent<P extends Pick<Printer, 'printerId' | 'status' | 'tokenVersion'>>(
  tx: Queryable,
  printer: P | undefined,
  version: number,
): Promise<P> {
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
 * Locks an active printer, so that it is not removed before the transaction ends. False when it is removed already. Lock it before the
 * rows of its jobs and preparations.
 */
export async function lockPrinter(tx: Queryable, printerId: string): Promise<boolean> {
  const [printer] = await tx
    .select({ status: printers.status })
    .from(printers)
    .where(eq(printers.printerId, printerId))
    .for('share')
  return printer?.status === 'active'
}

/** Locks an active printer. Errors: printer_revoked. */
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
