import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getReceipt } from '../../../../bff/services/receipt/get.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

const test = suite('receipts')

test('a receipt of more events than one answer holds begins with the newest, and goes back to the first', async () => {
  const market = await makeContext()
  try {
    const { purchaseId, user } = await makePrepared(market)
    const stranger = await makePrepared(market)
    // Three of them in the same millisecond, as it may happen.
    await market.sql`
      INSERT INTO outbox (event_id, channel, type, purchase_id, payload, created_at, due_at)
      SELECT 'event_' || lpad(n::text, 26, '0'), 'ledger', 'model_print', ${purchaseId}, '{"digest": "x"}',
        timestamptz '2026-11-22' + n / 3 * interval '1 ms', now()
      FROM generate_series(1, 2500) n`
    const all: string[] = []
    const sizes: number[] = []
    let before: string | undefined
    do {
      const receipt = await getReceipt(user, purchaseId, { limit: 1000, before })
      const ids = receipt.events.map(event => event.event_id)
      sizes.push(ids.length)
      all.unshift(...ids)
      before = receipt.events_before ?? undefined
    } while (before)
    assert.equal(sizes, [1000, 1000, 500])
    assert.equal(
      all,
      Array.from({ length: 2500 }, (_, n) => `event_${String(n + 1).padStart(26, '0')}`),
    )
    assert.equal((await getReceipt(stranger.user, stranger.purchaseId, { limit: 1000, before: all[9] })).events, [])
  } finally {
    await market.close()
  }
})

test.run()
