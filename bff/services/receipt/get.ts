import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { ledgerTransactions, outbox } from '../../../schema/db/bff/index.ts'
import { toMoney } from '../../../schema/http/money.ts'
import type { ReceiptQuery, ReceiptResponse } from '../../../schema/http/purchases.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { cutPage, isAfter, startOf } from '../page.ts'
import { type Purchase, purchaseOfUser } from '../purchase/index.ts'

/**
 * The receipt of a purchase, by which its owner can check it on the ledger without the marketplace: the payment's id, and the text and
 * salt of each event, whose digest is on the public topic. Errors: not_found, forbidden.
 */
export async function getReceipt(
  ctx: Context,
  purchaseId: string,
  query: ReceiptQuery = { limit: 1000 },
): Promise<ReceiptResponse> {
  const { userId } = requireUser(ctx)
  const { purchase } = await purchaseOfUser(ctx.db, purchaseId, userId)
  return {
    purchase_id: purchaseId,
    topic_id: ctx.settings.topicId,
    payment: await paymentOf(ctx.db, purchase),
    refund: await refundOf(ctx.db, purchase),
    ...(await eventsOf(ctx.db, purchaseId, query)),
  }
}

/** The newest payment: an earlier one may have failed. */
async function paymentOf(tx: Queryable, purchase: Purchase): Promise<ReceiptResponse['payment']> {
  const payment = await newest(tx, 'purchase', purchase)
  return {
    transaction_id: payment?.transactionId ?? null,
    status: payment?.status ?? (purchase.status === 'failed' ? 'failed' : 'created'),
    amount: toMoney(purchase.price, purchase.currency),
    consensus_timestamp: payment?.consensusTimestamp ?? null,
  }
}

async function refundOf(tx: Queryable, purchase: Purchase): Promise<ReceiptResponse['refund']> {
  const refund = await newest(tx, 'refund', purchase)
  if (!refund) return null
  return {
    transaction_id: refund.transactionId,
    status: refund.status,
    amount: toMoney(refund.amount ?? 0n, refund.currency ?? purchase.currency),
    consensus_timestamp: refund.consensusTimestamp,
  }
}

async function newest(tx: Queryable, kind: 'purchase' | 'refund', { purchaseId }: Purchase) {
  const [found] = await tx
    .select()
    .from(ledgerTransactions)
    .where(and(eq(ledgerTransactions.kind, kind), eq(ledgerTransactions.subjectId, purchaseId)))
    .orderBy(desc(ledgerTransactions.createdAt))
    .limit(1)
  return found
}

type Events = Pick<ReceiptResponse, 'events' | 'events_before' | 'next_cursor'>

/** The newest of the requested events: a purchase with many prints may have more than fit into one answer. */
async function eventsOf(tx: Queryable, purchaseId: string, { before, ...request }: ReceiptQuery): Promise<Events> {
  const { eventId, createdAt, eventText, channel } = outbox
  const isItsEvent = and(eq(outbox.purchaseId, purchaseId), eq(channel, 'ledger'))
  const order = [desc(createdAt), desc(eventId)]
  const beforePosition = sql`SELECT e.created_at, e.event_id FROM outbox e WHERE e.event_id = ${before} AND e.purchase_id = ${purchaseId}`
  const isBefore = before === undefined ? undefined : sql`(${createdAt}, ${eventId}) < (${beforePosition})`
  const positions = await tx
    .select({ id: eventId, at: createdAt, bytes: sql<number>`coalesce(octet_length(${eventText}), 0)` })
    .from(outbox)
    .where(and(isItsEvent, isBefore, isAfter(startOf(request), createdAt, eventId)))
    .orderBy(...order)
    .limit(request.limit + 1)
  const { page, next_cursor } = cutPage(
    positions,
    request,
    event => event,
    event => event.bytes + 500,
  )
  const ids = page.map(event => event.id)
  const isItsMessage = and(
    eq(ledgerTransactions.kind, 'event'),
    eq(ledgerTransactions.subjectId, eventId),
    eq(ledgerTransactions.status, 'settled'),
  )
  const rows = await tx
    .select({ event: outbox, message: ledgerTransactions })
    .from(outbox)
    .leftJoin(ledgerTransactions, isItsMessage)
    .where(inArray(eventId, ids))
    .orderBy(...order)
  const events = rows.reverse().map(({ event, message }) => ({
    event_id: event.eventId,
    type: event.type,
    sequence_number: message?.topicSequence ?? null,
    consensus_timestamp: message?.consensusTimestamp ?? null,
    event: event.eventText ?? '',
    salt: event.salt ?? '',
    digest: String(event.payload.digest),
  }))
  return { events, events_before: next_cursor === null ? null : (events[0]?.event_id ?? null), next_cursor }
}
