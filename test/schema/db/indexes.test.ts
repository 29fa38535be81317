import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeContext } from '../../make/market.ts'

const test = suite('what is looked for in large tables')
const market = await makeContext()
const { sql } = market
test.after(market.close)

test.before(async () => {
  await sql.begin(async tx => {
    // Rows that refer to nothing: it is their number that counts.
    await tx`SET LOCAL session_replication_role = replica`
    await tx`
      INSERT INTO print_jobs (print_job_id, purchase_id, preparation_id, printer_id, user_id, status, created_at)
      SELECT 'job_' || n, 'purch_' || n, 'prep_' || n, 'printer_' || n % 100, 'user_' || n % 100,
        CASE WHEN n % 10 = 0 THEN 'queued' ELSE 'success' END, now()
      FROM generate_series(1, 5000) n`
    await tx`
      INSERT INTO ledger_transactions (transaction_id, kind, subject_id, status, signed_bytes, valid_until, created_at)
      SELECT '0.0.2@' || n, 'event', 'event_' || n, 'settled', '\\x00', now(), now() FROM generate_series(1, 5000) n`
    await tx`
      INSERT INTO outbox (event_id, channel, type, payload, created_at, due_at, delivered_at)
      SELECT 'event_' || n, CASE WHEN n % 10 = 0 THEN 'print-jobs' ELSE 'ledger' END, 'x', '{}', now(),
        now() + n * interval '1 second', CASE WHEN n % 2 = 0 THEN now() + n * interval '1 second' END
      FROM generate_series(1, 5000) n`
    await tx`
      INSERT INTO throttles (key, count, resets_at)
      SELECT n::text, 1, now() + n * interval '1 second' FROM generate_series(1, 5000) n`
    await tx`
      INSERT INTO refresh_tokens (token_hash, user_id, family, expires_at)
      SELECT n::text, 'user', n::text, now() + n * interval '1 second' FROM generate_series(1, 5000) n`
  })
  await sql.unsafe('ANALYZE')
})

const finds: [what: string, index: string, query: string][] = [
  [
    'the payment of a purchase, for its receipt',
    'ledger_transactions_of_subject',
    `SELECT * FROM ledger_transactions WHERE kind = 'purchase' AND subject_id = 'purch_5' ORDER BY created_at DESC LIMIT 1`,
  ],
  [
    'the live print of a preparation',
    'print_jobs_of_preparation',
    `SELECT * FROM print_jobs WHERE preparation_id = 'prep_5' AND status IN ('queued', 'claimed', 'printing')`,
  ],
  [
    'the newest prints of a user',
    'print_jobs_of_user',
    `SELECT * FROM print_jobs WHERE user_id = 'user_5' ORDER BY created_at DESC LIMIT 50`,
  ],
  [
    'the messages of each channel that are due',
    'outbox_due',
    `SELECT due.event_id FROM unnest('{print-jobs,end-job}'::text[]) AS wanted (channel), LATERAL (
      SELECT event_id FROM outbox WHERE channel = wanted.channel AND delivered_at IS NULL AND dead_at IS NULL AND due_at <= now()
      ORDER BY due_at LIMIT 20 FOR UPDATE SKIP LOCKED) AS due`,
  ],
  [
    'the messages that can be forgotten',
    'outbox_forgettable',
    `SELECT ctid FROM outbox WHERE channel <> 'ledger' AND delivered_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED`,
  ],
  [
    'the counts of log-ins that are over',
    'throttles_over',
    'SELECT ctid FROM throttles WHERE resets_at <= now() LIMIT 100',
  ],
  [
    'the refresh tokens that are over',
    'refresh_tokens_expiry',
    'SELECT ctid FROM refresh_tokens WHERE expires_at <= now() LIMIT 100',
  ],
]

for (const [what, index, query] of finds) {
  test(`${what}: found without reading the whole table`, async () => {
    const plan = (await sql.unsafe(`EXPLAIN ${query}`)).map(line => line['QUERY PLAN']).join('\n')
    assert.ok(plan.includes(index) && !plan.includes('Seq Scan'), plan)
  })
}

test.run()
