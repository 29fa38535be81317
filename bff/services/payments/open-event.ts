import type { Context } from '../../context.ts'
import type { OutboxRow } from '../outbox/index.ts'
import { type LedgerTransaction, openTransaction } from './open.ts'

// The network takes more, in chunks, each a transaction of its own: an event is one.
const maxBytes = 1024

/** Opens the message of an audit event; its transaction is the event's own, so that it is on the topic once. */
export function openEvent(ctx: Context, row: OutboxRow): Promise<LedgerTransaction | null> {
  const message = JSON.stringify(row.payload)
  const bytes = Buffer.byteLength(message)
  if (bytes > maxBytes) throw new Error(`event ${row.eventId} has ${bytes} bytes, the topic takes ${maxBytes}`)
  const { topicId } = ctx.settings
  const build = () => ctx.ledger.buildTopicMessage({ topicId, message })
  return openTransaction(ctx, { kind: 'event', subjectId: row.eventId, build })
}
