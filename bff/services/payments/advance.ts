import { setTimeout as delay } from 'node:timers/promises'
import { and, eq, inArray } from 'drizzle-orm'
import { type Failed, notFoundAfterExpiry, operatorAccountEmpty, type Resolution } from '../../../ledger/outcome.ts'
import { resolveTransaction } from '../../../ledger/resolve.ts'
import { ledgerTransactions } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { failureOf } from './failure.ts'
import type { LedgerTransaction } from './open.ts'
import { reportEmptyOperator } from './operator-funds.ts'

const retryMs = 500

type End = Exclude<Resolution, { status: 'pending' }>

/**
 * Continues a stored transaction: sends it if needed, polls for its result for up to `waitMs`, and records the result together
 * with its effect on the subject. Safe to call at any time, from any number of processes: the network executes an id once, and
 * one conditional UPDATE records the result. Returns the current row. After a network error the transaction stays open, for
 * the next call.
 */
export async function advanceTransaction(
  ctx: Context,
  transactionId: string,
  waitMs = 0,
): Promise<LedgerTransaction | undefined> {
  const until = performance.now() + waitMs
  for (;;) {
    const { row, isUnsent } = await beginSending(ctx, transactionId)
    if (!row || !isOpen(row)) return row
    const leftMs = Math.max(0, until - performance.now())
    const resolution = await resolveTransaction(ctx.ledger, {
      transactionId,
      bytes: row.signedBytes,
      validUntil: row.validUntil,
      now: ctx.clock(),
      waitMs: leftMs,
      isUnsent,
    })
    if (resolution.status !== 'pending') return recordEnd(ctx, row, resolution)
    if (resolution.reason === operatorAccountEmpty) await recordEmptyOperator(ctx, row)
    ctx.log.debug({ transaction_id: transactionId, reason: resolution.reason }, 'transaction still open')
    if (until - performance.now() <= retryMs) return row
    await delay(retryMs)
  }
}

/** Logs that the operator's account is empty and stores that as the reason. */
async function recordEmptyOperator(ctx: Context, { transactionId, error }: LedgerTransaction): Promise<void> {
  reportEmptyOperator(ctx)
  if (error === operatorAccountEmpty) return
  const isOpenYet = inArray(ledgerTransactions.status, ['created', 'submitted'])
  await ctx.db
    .update(ledgerTransactions)
    .set({ error: operatorAccountEmpty })
    .where(and(eq(ledgerTransactions.transactionId, transactionId), isOpenYet))
}

/** Marks the transaction as submitted, in one process only, before its first byte is sent. From then on the network may have it. */
async function beginSending(
  ctx: Context,
  transactionId: string,
): Promise<{ row: LedgerTransaction | undefined; isUnsent: boolean }> {
  const byId = eq(ledgerTransactions.transactionId, transactionId)
  const [begun] = await ctx.db
    .update(ledgerTransactions)
    .set({ status: 'submitted' })
    .where(and(byId, eq(ledgerTransactions.status, 'created')))
    .returning()
  if (begun) return { row: begun, isUnsent: true }
  const [row] = await ctx.db.select().from(ledgerTransactions).where(byId)
  return { row, isUnsent: false }
}

async function recordEnd(ctx: Context, row: LedgerTransaction, end: End): Promise<LedgerTransaction | undefined> {
  const byId = eq(ledgerTransactions.transactionId, row.transactionId)
  return inTransaction(ctx, async tx => {
    const [ended] = await tx
      .update(ledgerTransactions)
      .set(
        end.status === 'settled'
          ? {
              status: 'settled',
              consensusTimestamp: end.consensusTimestamp ?? null,
              topicSequence: end.topicSequence ?? null,
              settledAt: ctx.clock(),
              error: null,
            }
          : { status: 'failed', error: reasonOf(row, end) },
      )
      .where(and(byId, inArray(ledgerTransactions.status, ['created', 'submitted'])))
      .returning()
    if (!ended) return (await tx.select().from(ledgerTransactions).where(byId))[0]
    if (end.status === 'settled') await ctx.handlers.payments[ended.kind].settled(ctx, tx, ended)
    else await ctx.handlers.payments[ended.kind].failed(ctx, tx, ended, failureOf(reasonOf(row, end)))
    return ended
  })
}

/** The reason of a failure. An expired transaction does not name its own: it is the empty account, if that was recorded before. */
function reasonOf(row: LedgerTransaction, { reason }: Failed): string {
  return reason === notFoundAfterExpiry && row.error === operatorAccountEmpty ? operatorAccountEmpty : reason
}

function isOpen(row: LedgerTransaction): boolean {
  return row.status === 'created' || row.status === 'submitted'
}
