/** An outbox whose messages are published as the test lets them be. */
import { isNull } from 'drizzle-orm'
import type { Context } from '../../bff/context.ts'
import { appendMessage } from '../../bff/services/outbox/append.ts'
import { outbox } from '../../schema/db/bff/index.ts'
import { makeContext } from './market.ts'

export interface Sent {
  channel: string
  eventId: string
  message: unknown
}

/** The numbers of the messages that `add` made, in ascending order. */
export const numbers = (sent: Sent[]) =>
  sent.map(one => (one.message as { number: number }).number).sort((a, b) => a - b)

export async function makeOutbox() {
  // A clock that stands still but for what a test lets pass: back-offs are counted in seconds here.
  const market = await makeContext({ startAt: new Date() })
  const { ctx, db } = market

  /** A context that publishes into `sent`, as `publish` lets it. */
  function publishing(publish: (one: Sent) => Promise<void> = async () => {}): { as: Context; sent: Sent[] } {
    const sent: Sent[] = []
    const as: Context = {
      ...ctx,
      publish: async (channel, eventId, message) => {
        const one = { channel, eventId, message }
        await publish(one)
        sent.push(one)
      },
    }
    return { as, sent }
  }

  const add = (number: number) =>
    appendMessage(ctx, db, { channel: 'print-jobs', type: 'print_job', payload: { number } })
  const waiting = () => db.$count(outbox, isNull(outbox.deliveredAt))

  return { ...market, publishing, add, waiting }
}
