import type { Context } from '../../context.ts'
import type { OutboxRow } from '../outbox/index.ts'
import { type LedgerTransaction, openTransaction } from './open.ts'

// The network splits longer messages into several transactions; an event must fit into one.
const maxBytes = 1024

/** Opens the transaction of an audit event's message. An event has one live transaction, so it is on the topic once. */
export function openEvent(ctx: Context, row: OutboxRow): Promise<LedgerTransaction | null> {
  const message = JSON.stringify(row.payload)
  const bytes = Buffer.byteLength(message)
  if (bytes > maxBytes) throw new Error(`event ${row.eventId} has ${bytes} bytes; the limit is ${maxBytes}`)
  const { topicId } = ctx.settings
  const build = () => ctx.ledger.buildTopicMessage({ topicId, message })
  return openTransaction(ctx, { kind: 'event', subjectId: row.eventId, build })
}
