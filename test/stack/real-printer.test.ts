import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { factObjects, readFacts } from '../../edge/facts/read-facts.ts'
import { type Api, createApi } from '../../local/demo/api.ts'
import type { LastRun } from '../../local/demo/printer.ts'
import { isRight, toResult } from '../../local/demo/result.ts'
import { type DemoRun, runDemo } from '../../local/demo/run-demo.ts'
import { people, readSample, type SampleProfile, sampleProfile } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import { findEnvironment } from '../../local/printer/environment.ts'
import { printerDir } from '../../local/stack/printer.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PurchaseResponse } from '../../schema/http/purchases.ts'
import { readProfile } from '../../slicer/profiles/profile.ts'
import { sliceWhole } from '../make/slicer/slice.ts'
import { makeThree, sliceable } from '../make/slicer/three.ts'
import { makeStack, quiet, type TestStack } from '../make/stack.ts'

/** The real programs, or null where nobody has installed them: the tests are skipped there. */
const environment = findEnvironment(process.env.LMNT_PYTHON)
const test = suite('the whole chain on real Klipper and Moonraker')
const it = environment ? test : test.skip

const canary = 'canary-7f3a9c in a comment'
const sample = readSample(undefined)
const profile: SampleProfile = {
  ...sampleProfile,
  name: 'PLA with a canary',
  machine_settings: {
    ...sampleProfile.machine_settings,
    machine_start_gcode: `; ${canary}\n${sampleProfile.machine_settings.machine_start_gcode}`,
  },
}

let world: TestStack
let done: DemoRun
let api: Api
let userId: string

if (environment) {
  test.before(async () => {
    world = await makeStack({ realPrinter: environment })
    const { stack, printer, fund } = world
    done = await runDemo({ marketplaceUrl: stack.urls.bff, printer, sample, profile, fund, narrator: quiet })
    const session = await createApi(stack.urls.bff).post<SessionResponse>('/api/auth/login', people.enthusiast)
    api = createApi(stack.urls.bff, session.access_token)
    userId = session.user_id
  })
  test.after(() => world?.close())
}

const purchaseOf = () => api.get<PurchaseResponse>(`/api/purchases/${done.purchase.purchase_id}`)

/** What Klippy says of the running stream and of the lines that it has run. */
async function running(): Promise<{ isActive: boolean; lines: number }> {
  const { status } = await world.printer.call<{
    status: { lmnt_stream: { is_active: boolean }; lmnt_line_record: LastRun }
  }>('printer.objects.query', { objects: { lmnt_stream: null, lmnt_line_record: null } })
  return { isActive: status.lmnt_stream.is_active, lines: status.lmnt_line_record.lines }
}

/** Orders a print, ends it by `end` once some thousand lines have run, and gives what the marketplace says of it. */
async function printUntil(end: () => Promise<unknown>): Promise<PrintJobResponse> {
  const { purchase_id } = done.purchase
  const { print_job_id } = await api.post<PrintResponse>('/api/print', { user_id: userId, purchase_id })
  await waitFor(
    'the print to be under way',
    async () => {
      const { isActive, lines } = await running()
      return isActive && lines > 2000
    },
    { everyMs: 20 },
  )
  await end()
  return waitFor('the report', async () => {
    const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
      `/api/print-jobs?purchase_id=${purchase_id}`,
    )
    const job = print_jobs.find(one => one.print_job_id === print_job_id)
    return job?.ended_at ? job : null
  })
}

it('a bought model is sliced, sealed and printed by Klipper line by line as it was sealed, and one right is used', () => {
  const result = toResult(done, 1)
  assert.ok(isRight(result), JSON.stringify(result))
  assert.is(result.prints_used, 1)
  assert.is(result.lines, done.preparation.totals?.lines)
  assert.is(new Set(result.audit.map(({ sequence }) => sequence)).size, 4)
})

it("Moonraker's history has the print as completed, under the model's title", async () => {
  const entry = await waitFor('the history', async () => {
    const { jobs } = await world.printer.call<{
      jobs: { filename: string; status: string; metadata: Record<string, unknown> }[]
    }>('server.history.list', { limit: 1 })
    return jobs[0]?.status === 'completed' && jobs[0]
  })
  assert.is(entry.filename, 'LMNT/Gear wheel.gcode')
  assert.is(entry.metadata.layer_count, done.preparation.totals?.layers)
  assert.ok((entry.metadata.thumbnails as unknown[]).length > 0)
})

it('a print that is cancelled at Moonraker, and one that ends in an emergency stop, give their rights back', async () => {
  const cancelled = await printUntil(() => world.printer.call('printer.print.cancel'))
  assert.is(cancelled.status, 'failure')
  assert.is(cancelled.stats?.reason, 'cancelled')
  // Klippy writes down there what it was about to run.
  const stopped = await printUntil(() => world.printer.call('printer.emergency_stop'))
  assert.is(stopped.status, 'failure')
  assert.is(stopped.stats?.reason, 'klippy_shutdown')
  const { prints_used, prints_reserved, prints_allowed } = await purchaseOf()
  assert.equal(
    { prints_used, prints_reserved, prints_allowed },
    { prints_used: 1, prints_reserved: 0, prints_allowed: 3 },
  )
})

it('nothing of the G-code is in a log, the console store, the database or any file, of the printer or of ours', async () => {
  const secrets = await someLines()
  const move = /G[01] X[\d.]+ Y[\d.]+/
  const finds = (text: Buffer, more: string[]) =>
    [...secrets, ...more].some(secret => text.includes(secret)) || move.test(text.toString('latin1'))
  const store = await world.printer.call('server.gcode_store', { count: 1000 })
  assert.not.ok(finds(Buffer.from(JSON.stringify(store)), [canary]), 'the console store')

  const kept = readdirSync(world.stack.folders.data, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  for (const name of [
    'logs/klippy.log',
    'logs/moonraker.log',
    'database/moonraker-sql.db',
    'gcodes/LMNT/Gear wheel.gcode',
  ])
    assert.ok(kept.includes(join(printerDir(world.stack.folders), name)), `${name} is looked at`)
  assert.match(readFileSync(join(printerDir(world.stack.folders), 'logs/klippy.log'), 'utf8'), 'Virtual sdcard (')
  // The database holds the profile, with its comment, as it was given.
  const isDatabase = (file: string) => file.startsWith(world.stack.folders.postgres)
  assert.equal(
    kept.filter(file => finds(readFileSync(file), isDatabase(file) ? [] : [canary])),
    [],
  )
})

/** Lines of the job, from all over it: sliced here again, and the same to the byte. */
async function someLines(): Promise<string[]> {
  const engine = await makeThree()
  const { status } = await world.printer.call<{ status: unknown }>('printer.objects.query', { objects: factObjects })
  const help = await world.printer.call<Record<string, unknown>>('printer.gcode.help')
  // The facts about the printer may have come to the marketplace before the slice or after it.
  const wholes = await Promise.all(
    [null, readFacts(status, help)].map(facts =>
      sliceWhole(engine, sliceable(sample.file), readProfile(profile), {
        printer: facts,
        modelName: sample.metadata.title,
      }),
    ),
  )
  const sha256 = done.preparation.totals?.sha256
  const gcode = wholes
    .map(whole => whole.gcode)
    .find(bytes => createHash('sha256').update(bytes).digest('hex') === sha256)
  assert.ok(gcode, 'slicing it here gives the same G-code')
  assert.ok(gcode.includes(canary))
  const moves = gcode
    .toString('utf8')
    .split('\n')
    .filter(line => /X.*Y/.test(line))
  return moves.filter((_, index) => index % 1000 === 0)
}

test.run()
