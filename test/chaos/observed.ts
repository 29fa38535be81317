import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerState } from '../../local/hedera/state.ts'
import { cloud } from '../../local/stack/cloud.ts'
import type { LastRun } from '../../local/virtual-printer/klippy/run-record.ts'
import type { Currency } from '../../schema/http/money.ts'
import type { Overrides } from '../../schema/http/overrides.ts'
import { readLedger } from './ledger.ts'
import type { Population } from './population.ts'
import type { World } from './world.ts'

export interface Purchase {
  purchase_id: string
  user_id: string
  status: string
  price: bigint
  currency: Currency
  prints_allowed: number
  prints_used: number
  prints_reserved: number
}

export interface Preparation {
  preparation_id: string
  purchase_id: string
  status: string
  step: string
  /** The preparation whose fee covers this one. */
  renews: string | null
  printer_id: string
  print_profile_id: string
  overrides: Overrides
  slicing_fee: bigint
  fee_currency: Currency
  gcode_file_url: string | null
  sha256: string | null
  was_released: boolean
}

interface Job {
  print_job_id: string
  purchase_id: string
  printer_id: string
  status: string
  outcome: string | null
  error: string | null
}

interface Event {
  event_id: string
  type: string
  payload: Record<string, string>
}

interface Message {
  event_id: string
  type: string
  sequence: number
}

interface Model {
  model_id: string
  title: string
  status: string
  file_url: string
}

/** The state that the invariants check, read once when everything is finished. */
export interface Observed {
  population: Population
  purchases: Purchase[]
  preparations: Preparation[]
  jobs: Job[]
  /** The designer's models of this run. */
  models: Model[]
  printers: { printer_id: string; status: string; user_id: string }[]
  /** The ledger events of these people that the marketplace must write. */
  events: Event[]
  /** All ledger events of all runs. */
  owed: Set<string>
  ledger: LedgerState
  printToken: string
  messages: Message[]
  runs: LastRun[]
  /** The addresses of the bucket's objects. */
  objects: Set<string>
}

/** Reads the database, the ledger, the bucket and the printers. */
export async function observe(world: World, population: Population): Promise<Observed> {
  const { sql, stack, printers } = world
  const users = population.people.map(person => person.userId)
  const titles = population.publications.map(one => one.title)
  const ledger = readLedger(world)
  const purchases = await sql<Purchase[]>`SELECT * FROM purchases WHERE user_id = ANY(${users})`
  const ids = purchases.map(one => one.purchase_id)
  const owned = await sql<Observed['printers']>`
    SELECT printer_id, status, user_id FROM printers WHERE user_id = ANY(${users})`
  const printerIds = owned.map(one => one.printer_id)
  const runs = await Promise.all(printers.map(printer => printer.call<LastRun[]>('virtual_printer.runs')))
  const topic = ledger.topics.get(stack.ledgerIds.topicId)?.messages ?? []
  const owed = await sql<{ event_id: string }[]>`SELECT event_id FROM outbox WHERE channel = 'ledger'`
  return {
    population,
    purchases,
    preparations: await sql<Preparation[]>`
      SELECT preparation_id, purchase_id, renews, printer_id, print_profile_id, overrides, status, step, slicing_fee,
        fee_currency, gcode_file_url,
        totals ->> 'sha256' AS sha256, gcode_ttl_expiry IS NOT NULL AS was_released
      FROM preparations WHERE purchase_id = ANY(${ids})`,
    jobs: await sql<Job[]>`
      SELECT print_job_id, purchase_id, printer_id, status, outcome, error
      FROM print_jobs WHERE purchase_id = ANY(${ids})`,
    models: await sql<Model[]>`
      SELECT model_id, title, status, file_url FROM published_models WHERE title = ANY(${titles})`,
    printers: owned,
    events: await sql<Event[]>`
      SELECT event_id, type, payload FROM outbox WHERE channel = 'ledger'
      AND (purchase_id = ANY(${ids}) OR payload ->> 'printer_id' = ANY(${printerIds}))`,
    owed: new Set(owed.map(one => one.event_id)),
    ledger,
    printToken: stack.ledgerIds.printTokenId,
    messages: topic.map(message => ({ ...JSON.parse(message.content.toString()), sequence: message.sequence })),
    runs: runs.flat().filter(run => run.job !== null && ids.includes(run.job)),
    objects: readBucket(world),
  }
}

/** Reads the storage double's objects: it has a small file for each. */
function readBucket({ folders }: World): Set<string> {
  const folder = join(folders.data, 'google', 'storage', 'buckets', cloud.bucket, 'objects')
  const files = readdirSync(folder).filter(file => file.endsWith('.json'))
  const names = files.map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')).name as string)
  return new Set(names.map(name => `gs://${cloud.bucket}/${name}`))
}
