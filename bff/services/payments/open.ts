import { and, eq, ne } from 'drizzle-orm'
import type { UnsignedTransaction } from '../../../ledger/build.ts'
import { ledgerTransactions } from '../../../schema/db/bff/index.ts'
import type { Context, Queryable } from '../../context.ts'
import type { Payment } from './payment.ts'

export type LedgerTransaction = typeof ledgerTransactions.$inferSelect
export type LedgerKind = LedgerTransaction['kind']

/** What a payment is for. */
export interface Subject {
  kind: LedgerKind
  /** The purchase or preparation (of a message: the event): at most one transaction of it is not failed. */
  subjectId: string
  /** Locks the subject's row until the database transaction ends; false when the subject no longer needs a payment. */
  isStillDue: (tx: Queryable) => Promise<boolean>
}

/** Without `isStillDue`, the transaction is always due. */
export interface OpenTransaction extends Omit<Subject, 'isStillDue'>, Partial<Pick<Subject, 'isStillDue'>> {
  build: () => Promise<UnsignedTransaction>
  /** A payment; without it, a message that the operator alone signs. */
  payment?: Payment
  /** How the CWS is asked to sign it, where it is not as a payment of the payer's wallet or as a message. */
  sign?: (bytes: Buffer) => Promise<Buffer>
}

/**
 * Finds the live transaction of a subject, or builds one, has the CWS sign it, and stores it. Nothing is sent here: when the
 * first byte goes out, id and signed bytes are in the database. The loser of a race returns the winner's transaction and drops its
 * own. Null when the subject has ended meanwhile without a payment.
 * Errors: those of the CWS's signing, cws_unavailable.
 */
export async function openTransaction(ctx: Context, options: OpenTransaction): Promise<LedgerTransaction | null> {
  const { kind, subjectId, build, payment, isStillDue } = options
  const sign = options.sign ?? ((bytes: Buffer) => ctx.cws.sign(bytes, payment?.payer))
  const existing = await liveTransaction(ctx.db, kind, subjectId)
  if (existing) return existing

  const built = await build()
  const signedBytes = await sign(built.bytes)
  const stored = await ctx.db.transaction(async tx => {
    const isDue = (await isStillDue?.(tx)) ?? true
    // Behind the subject's lock: an insert beside a row that is just ending would wait for it, and it for that lock.
    const earlier = await liveTransaction(tx, kind, subjectId)
    if (earlier) return earlier
    if (!isDue) return null
    const [inserted] = await tx
      .insert(ledgerTransactions)
      .values({
        transactionId: built.transactionId,
        kind,
        subjectId,
        status: 'created',
        signedBytes,
        validUntil: built.validUntil,
        ...payment,
        createdAt: ctx.clock(),
      })
      .onConflictDoNothing()
      .returning()
    return inserted
  })
  if (stored === null) return null
  const live = stored ?? (await liveTransaction(ctx.db, kind, subjectId))
  // The winner's has failed since: rare, and the caller's next attempt opens a new one.
  if (!live) throw new Error(`the transaction of ${kind} ${subjectId} ended while another was opened`)
  return live
}

export async function liveTransaction(
  tx: Queryable,
  kind: LedgerKind,
  subjectId: string,
): Promise<LedgerTransaction | undefined> {
  const [live] = await tx
    .select()
    .from(ledgerTransactions)
    .where(
      and(
        eq(ledgerTransactions.kind, kind),
        eq(ledgerTransactions.subjectId, subjectId),
        ne(ledgerTransactions.status, 'failed'),
      ),
    )
  return live
}
