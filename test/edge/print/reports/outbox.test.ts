import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Marketplace } from '../../../../edge/marketplace/client.ts'
import { mostRefused, mostWaiting, type Outbox, openOutbox } from '../../../../edge/print/reports/outbox.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import type { ReportRequest } from '../../../../schema/http/print-jobs.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite<{ dataDir: string }>('reports on their way')

test.before.each(world => {
  world.dataDir = mkdtempSync(join(tmpdir(), 'lmnt-outbox-'))
})
test.after.each(({ dataDir }) => rmSync(dataDir, { recursive: true, force: true }))

const report = (number: number): ReportRequest => ({
  user_id: `user_${'7'.repeat(26)}`,
  purchase_id: `purch_${'p'.repeat(26)}`,
  print_job_id: idOf(number),
  status: 'success',
})
const idOf = (number: number) => `job_${String(number).padStart(26, '0')}`

type Answer = (given: ReportRequest) => void

/** The outbox of a folder, at a marketplace that answers so. Time goes on by one at each look. */
async function outboxAt(dataDir: string, answer: Answer = () => {}, reportAgainMs = 60_000): Promise<Outbox> {
  let now = Date.now()
  return openOutbox({
    dataDir,
    marketplace: {
      async report(given: ReportRequest) {
        answer(given)
        return {
          status: 'reported',
          purchase_id: given.purchase_id,
          print_job_id: given.print_job_id,
          print_outcome: 'success',
        }
      },
    } as unknown as Marketplace,
    clock: () => now++,
    jitter: () => 0.5,
    log: silentLog,
    timing: { firstRetryMs: 1, longestRetryMs: 5, reportAgainMs },
  })
}

async function whileRunning(outbox: Outbox, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const running = outbox.run(stop.signal).catch(() => {})
  try {
    await work()
  } finally {
    stop.abort()
    await running
  }
}

test('reports are kept across a restart until the marketplace has them, and are delivered in order', async ({
  dataDir,
}) => {
  const first = await outboxAt(dataDir)
  for (const number of [3, 1, 2]) await first.add(report(number))
  const delivered: string[] = []
  const second = await outboxAt(dataDir, ({ print_job_id }) => delivered.push(print_job_id))
  await whileRunning(second, () => eventually('all are told', () => delivered.length === 3).then(() => {}))
  assert.equal(delivered, [3, 1, 2].map(idOf))
  assert.equal(readdirSync(join(dataDir, 'outbox')), [])
})

test('a text that is too long, or an invalid figure, does not prevent the next start', async ({ dataDir }) => {
  const first = await outboxAt(dataDir)
  await first.add({ ...report(1), status: 'failure', error: 'x'.repeat(20_000), stats: { reason: 'error' } })
  await first.add({ ...report(2), status: 'failure', error: 'Gone.', stats: { layers: -1 } })
  const delivered: ReportRequest[] = []
  const second = await outboxAt(dataDir, given => delivered.push(given))
  await whileRunning(second, () => eventually('both are told', () => delivered.length === 2).then(() => {}))
  assert.ok((delivered[0]?.error?.length ?? 0) >= 300)
  assert.equal([delivered[1]?.error, delivered[1]?.stats], ['Gone.', undefined])
})

test('a report that fails does not delay the others', async ({ dataDir }) => {
  const delivered: string[] = []
  const outbox = await outboxAt(dataDir, ({ print_job_id }) => {
    if (print_job_id === idOf(1)) throw new AppError('internal', 'A fault.')
    delivered.push(print_job_id)
  })
  await outbox.add(report(1))
  await outbox.add(report(2))
  await whileRunning(outbox, () => eventually('the other is told', () => delivered.length === 1).then(() => {}))
  assert.ok(outbox.has(idOf(1)))
})

test('refused reports are kept up to a limit; then the oldest is dropped and counted, also across a restart', async world => {
  const { dataDir } = world
  const refuse: Answer = () => {
    throw new AppError('outcome_conflict', 'x'.repeat(5000))
  }
  const outbox = await outboxAt(dataDir, refuse)
  const count = mostRefused + 3
  for (let number = 0; number < count; number++) await outbox.add(report(number))
  await whileRunning(outbox, () =>
    eventually(
      'all are refused',
      () => outbox.entries().every(entry => entry.refused) && outbox.dropped().count === 3,
    ).then(() => {}),
  )
  assert.is(outbox.entries().length, mostRefused)
  const again = await outboxAt(dataDir)
  assert.is(again.entries().length, mostRefused)
  assert.is(again.entries()[0]?.report.print_job_id, idOf(3))
  assert.ok((again.entries()[0]?.refused?.message.length ?? 0) <= 500)
  assert.equal(again.dropped(), {
    count: 3,
    latest: { print_job_id: idOf(2), status: 'success', code: 'outcome_conflict' },
  })
})

test('a report that waits is never dropped: while too many wait, no print is begun', async world => {
  const { dataDir } = world
  const outbox = await outboxAt(dataDir)
  for (let number = 0; number < mostWaiting; number++) {
    assert.ok(outbox.hasRoom())
    await outbox.add(report(number))
  }
  assert.not.ok(outbox.hasRoom())
  const again = await outboxAt(dataDir)
  assert.not.ok(again.hasRoom())
  await whileRunning(again, () => eventually('there is room', () => again.entries().length === 0).then(() => {}))
  assert.ok(again.hasRoom())
})

test('a file that a crash left half written is removed', async ({ dataDir }) => {
  const outbox = await outboxAt(dataDir)
  await outbox.add(report(1))
  writeFileSync(join(dataDir, 'outbox', `${idOf(2)}.json.new`), '{"report":')
  const again = await outboxAt(dataDir)
  assert.equal(
    again.entries().map(entry => entry.report.print_job_id),
    [idOf(1)],
  )
  assert.equal(readdirSync(join(dataDir, 'outbox')), [`${idOf(1)}.json`])
})

for (const code of ['invalid_input', 'bad_request'] as const) {
  test(`a report that is not understood (${code}) is shown, and sent again at the next start and at intervals`, async world => {
    const { dataDir } = world
    let delivered = 0
    const refuse: Answer = () => {
      delivered++
      throw new AppError(code, 'status: is no status.')
    }
    const outbox = await outboxAt(dataDir, refuse)
    await outbox.add(report(1))
    await outbox.add(report(2))
    await whileRunning(outbox, () =>
      eventually('both are refused', () => outbox.entries().every(entry => entry.refused)).then(() => {}),
    )
    assert.is(delivered, code === 'invalid_input' ? 4 : 2, 'not again and again')
    assert.equal(outbox.entry(idOf(1))?.refused, { code, message: 'status: is no status.' })
    const again = await outboxAt(dataDir, () => ++delivered > 10 || refuse(report(1)), 5)
    await whileRunning(again, () => eventually('both are taken', () => again.entries().length === 0).then(() => {}))
    assert.equal(readdirSync(join(dataDir, 'outbox')), [])
  })
}

test('a report whose figures are not understood is sent without them, but with the fields that decide about the right', async world => {
  const taken: ReportRequest[] = []
  const outbox = await outboxAt(world.dataDir, given => {
    if (given.stats?.layers !== undefined) throw new AppError('invalid_input', 'stats.layers: is no number.')
    taken.push(given)
  })
  const short = { ...report(1), status: 'failure' as const, stats: { reason: 'cancelled', progress: 0.97 } }
  await outbox.add({ ...short, error: 'Cancelled.', stats: { ...short.stats, layers: 7 } })
  await whileRunning(outbox, () =>
    eventually('the report is accepted', () => outbox.entries().length === 0).then(() => {}),
  )
  assert.equal(taken, [short])
})

test.run()
