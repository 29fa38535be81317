import { eq, isNotNull, sql } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { appendLedgerEvent, appendMessage } from '../../../bff/services/outbox/append.ts'
import { expirePreparations } from '../../../bff/services/preparation/expire.ts'
import { removePrinter } from '../../../bff/services/printer/remove.ts'
import { purge } from '../../../bff/services/purge.ts'
import { countUse } from '../../../bff/services/throttle.ts'
import {
  deadLetters,
  idempotencyKeys,
  outbox,
  preparations,
  refreshTokens,
  sessions,
  throttles,
} from '../../../schema/db/bff/index.ts'
import { newId } from '../../../schema/http/ids.ts'
import { makeContext } from '../../make/market.ts'
import { makePrepared } from '../../make/prepared.ts'

const test = suite('what is forgotten')
const market = await makeContext()
const { ctx, db, clock } = market
test.after(market.close)

const days = (count: number) => count * 24 * 3600_000
const passDays = (count: number) => clock.pass(days(count))

test('a delivered message goes after 30 days; a ledger event, and what is still owed, stay', async () => {
  const printer_id = newId('printer', ctx.random)
  await appendLedgerEvent(ctx, db, { type: 'printer_revoked', public: { printer_id }, private: { user_id: 'u' } })
  await appendMessage(ctx, db, { channel: 'print-jobs', type: 'print_job', payload: {} })
  await db.update(outbox).set({ deliveredAt: clock.now() })
  await appendMessage(ctx, db, { channel: 'slicing-jobs', type: 'slicing_job', payload: {} })
  await appendMessage(ctx, db, { channel: 'delete-object', type: 'delete_object', payload: {} })
  await db.update(outbox).set({ deadAt: clock.now() }).where(eq(outbox.channel, 'delete-object'))
  const channels = async () => (await db.select().from(outbox)).map(row => row.channel).sort()
  passDays(29)
  await purge(ctx)
  assert.equal(await channels(), ['delete-object', 'ledger', 'print-jobs', 'slicing-jobs'])
  passDays(2)
  await purge(ctx)
  assert.equal(await channels(), ['delete-object', 'ledger', 'slicing-jobs'])
})

test('a dead letter goes 30 days after it was taken; one that waits for an operator stays', async () => {
  const letter = { topic: 'slicing-results' as const, body: Buffer.from('x'), error: 'e', failures: 1 }
  const firstFailedAt = clock.now()
  await db.insert(deadLetters).values([
    { ...letter, letterId: 'waits', firstFailedAt, deadAt: firstFailedAt },
    { ...letter, letterId: 'replayed', firstFailedAt, deadAt: firstFailedAt, takenAt: firstFailedAt },
    { ...letter, letterId: 'came no more', firstFailedAt },
  ])
  const letters = async () => (await db.select().from(deadLetters)).map(row => row.letterId)
  passDays(29)
  await purge(ctx)
  assert.is((await letters()).length, 3)
  passDays(2)
  await purge(ctx)
  assert.equal(await letters(), ['waits'])
})

test('a count of log-ins goes when it holds nobody any more', async () => {
  await countUse(ctx, { kind: 'network', name: 'early' })
  clock.pass(10 * 60_000)
  await countUse(ctx, { kind: 'network', name: 'late' })
  clock.pass(6 * 60_000)
  await purge(ctx)
  assert.equal(
    (await db.select().from(throttles)).map(row => row.key),
    ['network:late'],
  )
})

test('a session goes when it is over, as does what an earlier version left', async () => {
  const { userId } = await market.newUser()
  const ending = (name: string, inDays: number) => ({
    userId,
    tokenHash: name,
    expiresAt: new Date(clock.now().getTime() + days(inDays)),
  })
  const used = { createdAt: clock.now(), usedAt: clock.now() }
  for (const row of [ending('over', -1), ending('valid', 1)]) {
    await db.insert(refreshTokens).values({ ...row, family: 'f' })
    await db.insert(sessions).values({ ...row, ...used, sessionId: row.tokenHash, familyHash: row.tokenHash })
  }
  await purge(ctx)
  const kept = [...(await db.select().from(refreshTokens)), ...(await db.select().from(sessions))]
  assert.equal(
    kept.map(row => row.tokenHash),
    ['valid', 'valid'],
  )
})

test('more keys than one statement deletes are deleted in several runs', async () => {
  const past = clock.now().toISOString()
  await db.execute(sql`
    INSERT INTO idempotency_keys (user_id, route, key, operation, attempt, lease_until, expires_at)
    SELECT 'user', 'POST /', n::text, 'o', 1, ${past}::timestamptz, ${past}::timestamptz FROM generate_series(1, 10100) n`)
  clock.pass(1000)
  await purge(ctx)
  assert.is(await db.$count(idempotencyKeys), 100, 'the rest is for the next turn')
  await purge(ctx)
  assert.is(await db.$count(idempotencyKeys), 0)
})

test('a row that somebody holds is passed over, and keeps nobody waiting', async () => {
  await db.delete(throttles)
  for (const name of ['held', 'free']) await countUse(ctx, { kind: 'account', name })
  clock.pass(16 * 60_000)
  await db.transaction(async tx => {
    await tx.execute(sql`SELECT 1 FROM throttles WHERE key = 'account:held' FOR UPDATE`)
    await purge(ctx)
  })
  assert.equal(
    (await db.select().from(throttles)).map(row => row.key),
    ['account:held'],
  )
})

test('the pictures of a slice go when it expires, and when its printer is removed', async () => {
  const own = await makePrepared(market)
  const removed = await makePrepared(market)
  const picture = Buffer.from('png')
  await db.update(preparations).set({ thumbnail: picture, thumbnailSmall: picture })
  const withPictures = async () =>
    (await db.select().from(preparations).where(isNotNull(preparations.thumbnail))).map(row => row.preparationId)
  await removePrinter(removed.user, removed.printerId, { force: false })
  assert.equal(await withPictures(), [own.preparationId])
  passDays(2)
  await expirePreparations(ctx)
  assert.equal(await withPictures(), [])
})

test.run()
