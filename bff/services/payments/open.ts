import { and, eq, ne } from 'drizzle-orm'
import type { UnsignedTransaction } from '../../../ledger/build.ts'
import { ledgerTransactions } from '../../../schema/db/bff/index.ts'
import type { Context, Queryable } from '../../context.ts'
import type { Payment } from './payment.ts'

export type LedgerTransaction = typeof ledgerTransactions.$inferSelect
export type LedgerKind = LedgerTransaction['kind']

/** The purpose of a transaction. */
export interface Subject {
  kind: LedgerKind
  /** The id of the purchase, preparation or event. At most one transaction of a subject has not failed. */
  subjectId: string
  /** Locks the subject's row until the database transaction ends; false when the subject no longer needs a payment. */
  isStillDue: (tx: Queryable) => Promise<boolean>
}

/** Without `isStillDue`, the transaction is always due. */
export interface OpenTransaction extends Omit<Subject, 'isStillDue'>, Partial<Pick<Subject, 'isStillDue'>> {
  build: () => Promise<UnsignedTransaction>
  /** The payment; undefined for a message, which only the operator signs. */
  payment?: Payment
  /** Replaces the usual request for the CWS's signature (a payment from the payer's wallet, or a message). */
  sign?: (bytes: Buffer) => Promise<Buffer>
}

/**
 * Finds the live transaction of a subject, or builds one, has the CWS sign it, and stores it. Sends nothing: the id and the
 * signed bytes are in the database before anything is sent. The loser of a race drops its own transaction and returns the
 * winner's. Null when the subject has ended meanwhile without a payment.
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
    // Insert only after locking the subject: otherwise the insert and a transaction that is ending could deadlock.
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
  // The winner's transaction has failed since: rare, and the caller's next attempt opens a new one.
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
