/** A marketplace with everything that it sends: messages on Pub/Sub, slices in the bucket, events on the topic. */
import * as assert from 'uvu/assert'
import type { Context } from '../../bff/context.ts'
import { drain } from '../../bff/services/outbox/drain.ts'
import { outbox } from '../../schema/db/bff/index.ts'
import type { SlicingJob } from '../../schema/messages/slicing.ts'
import { makeMoney } from './money.ts'
import { reconcileLedger } from './reconcile.ts'

const noFaults = { answersToLose: 0, submissionsToRefuse: 0, busyAnswers: 0, answerDelayMs: 0, mirrorLagMs: 0 }

export async function makeDeliveries() {
  /** Messages that Pub/Sub has not delivered yet. */
  const jobs: SlicingJob[] = []
  /** The slices in the bucket. */
  const objects = new Set<string>()
  /** Faults of the next calls to publish: a failure before the message is published, or a lost answer afterwards. */
  const publishFaults: ('before' | 'after')[] = []
  const market = await makeMoney({
    // A relay then waits for the ledger for less than half a second, and its lease is over in three.
    settings: { timeScale: 20 },
    bucket: {
      uri: (name: string) => `gs://lmnt-test/${name}`,
      remove: async (uri: string) => void objects.delete(uri),
    } as unknown as Context['bucket'],
    publish: async (channel, _eventId, message) => {
      const fault = publishFaults.shift()
      if (fault === 'before') throw new Error('not published')
      if (channel === 'slicing-jobs') jobs.push(message as SlicingJob)
      if (fault === 'after') throw new Error('published, but the answer is lost')
    },
  })
  const { ctx, db, clock, hedera } = market

  const calm = () => {
    Object.assign(hedera.faults, noFaults)
    publishFaults.length = 0
  }

  /** The topic's messages since `after`, read from the public mirror. */
  async function onTopic(after = 0): Promise<{ event_id: string; type: string; preparation_id?: string }[]> {
    const page = await hedera.ledger.topicMessages(ctx.settings.topicId, { after })
    const read = page.map(one => JSON.parse(one.message.toString()))
    return page.length === 0 ? [] : [...read, ...(await onTopic(page.at(-1)!.sequence))]
  }
  const topicEnd = async () => (await onTopic()).length

  /** Moves the clock and runs the tick until every message is delivered. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      clock.pass(61_000)
      await reconcileLedger(ctx)
      await drain(ctx)
      const owed = (await db.select().from(outbox)).filter(row => !row.deliveredAt)
      if (owed.length === 0) return
      assert.equal(
        owed.filter(row => row.deadAt),
        [],
        'nothing dies of trouble on the way',
      )
    }
    assert.unreachable('something is owed for ever')
  }

  return { ...market, jobs, objects, publishFaults, calm, onTopic, topicEnd, settle }
}
