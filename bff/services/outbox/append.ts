import { createHash } from 'node:crypto'
import { outbox } from '../../../schema/db/bff/index.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { LedgerEvent } from '../../../schema/messages/ledger-events.ts'
import type { Context, Queryable } from '../../context.ts'

type Channel = Exclude<typeof outbox.$inferInsert.channel, 'ledger'>

/** Adds a message or a task to the outbox, in the transaction of the change that owes it. */
export async function appendMessage(
  ctx: Pick<Context, 'clock' | 'random'>,
  tx: Queryable,
  message: { channel: Channel; type: string; purchaseId?: string; payload: Record<string, unknown> },
): Promise<void> {
  const now = ctx.clock()
  await tx.insert(outbox).values({
    eventId: newId('event', ctx.random),
    channel: message.channel,
    type: message.type,
    purchaseId: message.purchaseId ?? null,
    payload: message.payload,
    createdAt: now,
    dueAt: now,
  })
}

/**
 * Adds a ledger event. The topic is public for ever, so what goes there is the event's public part and a digest; the full
 * text and the salt stay here, for the receipt: digest = SHA-256(salt bytes, text). The events of one purchase, and those of
 * one printer, come to the topic in the order in which they were written.
 */
export async function appendLedgerEvent(
  ctx: Pick<Context, 'clock' | 'random'>,
  tx: Queryable,
  event: LedgerEvent,
): Promise<void> {
  const now = ctx.clock()
  const eventId = newId('event', ctx.random)
  const salt = ctx.random(32)
  const eventText = JSON.stringify({
    event_id: eventId,
    type: event.type,
    at: now.toISOString(),
    ...event.public,
    ...event.private,
  })
  const digest = createHash('sha256').update(salt).update(eventText).digest('hex')
  await tx.insert(outbox).values({
    eventId,
    channel: 'ledger',
    type: event.type,
    purchaseId: event.purchaseId ?? null,
    payload: { v: 1, event_id: eventId, type: event.type, ...event.public, digest },
    eventText,
    salt: salt.toString('hex'),
    orderKey: event.purchaseId ?? ('printer_id' in event.public ? event.public.printer_id : null),
    createdAt: now,
    dueAt: now,
  })
}
