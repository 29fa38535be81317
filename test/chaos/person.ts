import { setTimeout as sleep } from 'node:timers/promises'
import type { Printer } from '../../local/show/printer.ts'
import { sampleProfile } from '../../local/show/sample.ts'
import { waitFor } from '../../local/show/wait.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { ProfileResponse } from '../../schema/http/profiles.ts'
import type { PurchaseResponse, WalletResponse } from '../../schema/http/purchases.ts'
import { type Answer, GaveUp, type PatientClient, patientClient } from './marketplace.ts'
import type { Person as Planned, Step } from './plan.ts'
import { must, price, type World } from './world.ts'

/** A buyer with a wallet, a profile and a printer. */
export interface Person {
  name: string
  userId: string
  accountId: string
  printerId: string
  profileId: string
  client: PatientClient
  /** So many HBAR, and so many PRINT. */
  funded: bigint
  /** How often a purchase was asked for, each under a key of its own. */
  buys: number
  purchases: string[]
  jobs: string[]
  /** Until when (performance.now()) it is patient. */
  until: number
}

/** For the slicing fees: more than a run needs. */
const fees = 1n
const lookEveryMs = 200
const endStates = ['success', 'failure', 'cancelled', 'expired']
const agent = 'lmnt_marketplace'

/** Everything that a person has before the trouble begins. */
export async function settleIn(world: World, name: string, index: number, { funds }: Planned): Promise<Person> {
  const person = {
    name,
    buys: 0,
    purchases: [] as string[],
    jobs: [] as string[],
    until: performance.now() + 60_000,
  } as Person
  const url = world.stack.urls.bff
  const who = { email: `${name}@chaos.test`, password: 'chaos-enthusiast', role: 'enthusiast' }
  const anyone = patientClient(url, undefined, () => person.until)
  const session = must(await anyone.post<SessionResponse>('/api/auth/register', who))
  person.userId = session.user_id
  person.client = patientClient(url, session.access_token, () => person.until)
  const wallet = must(await person.client.get<WalletResponse>('/api/wallet'))
  person.accountId = wallet.account_id ?? ''
  person.funded = BigInt(funds) * price + fees
  await world.fund(person.accountId, person.funded)
  person.profileId = must(
    await person.client.post<ProfileResponse>('/api/print-profiles', sampleProfile),
  ).print_profile_id
  person.printerId = await registerAt(world.printers[index]!, session.access_token, name)
  return person
}

/** At the printer, by its edge. */
async function registerAt(printer: Printer, token: string, name: string): Promise<string> {
  const ask = <T>(method: string, args: Record<string, unknown>) =>
    printer.call<T>('server.extensions.request', { agent, method, arguments: args })
  await waitFor('the edge to join its printer', async () => {
    const { agents } = await printer.call<{ agents: { name: string }[] }>('server.extensions.list')
    return agents.some(one => one.name === agent)
  })
  return (await ask<{ printer_id: string }>('register_printer', { token, name, description: 'chaos' })).printer_id
}

/** Does the steps one after the other, until they are done or the patience is over. */
export async function act(world: World, person: Person, steps: Step[], patienceMs: number): Promise<void> {
  person.until = performance.now() + patienceMs
  for (const [index, step] of steps.entries()) {
    const say = (text: string) => world.trace.note(`${person.name} ${step.do}: ${text}`)
    try {
      say(await doStep(world, person, step, `${person.name}-${index}`))
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error
      return say(`gave up, ${error.message}`)
    }
  }
}

async function doStep(world: World, person: Person, step: Step, key: string): Promise<string> {
  const newest = person.purchases.at(-1)
  if (step.do === 'buy') return buy(world, person, step, key)
  if (step.do === 'pause') return sleep(step.ms, 'paused')
  if (step.do === 'remove-printer') return removePrinter(person)
  if (!newest) return 'has nothing'
  if (step.do === 'prepare') return prepare(person, newest, step, key)
  if (step.do === 'print') return print(person, newest, step, key)
  return cancel(person)
}

async function buy(
  { models }: World,
  person: Person,
  { model, currency }: Extract<Step, { do: 'buy' }>,
  key: string,
): Promise<string> {
  person.buys += 1
  const wanted = { user_id: person.userId, model_id: models[model]!.model_id }
  const terms = { license_type: 'prints', storage_currency: currency }
  const answer = await person.client.post<PurchaseResponse>('/api/purchase-model', { ...wanted, ...terms }, key)
  if (!answer.ok) return answer.code
  const { purchase_id } = answer.body
  const purchase = await until(person, 'the payment', async () => {
    const now = must(await person.client.get<PurchaseResponse>(`/api/purchases/${purchase_id}`))
    return now.status === 'pending' ? null : now
  })
  if (purchase.status === 'active') person.purchases.push(purchase_id)
  return `${purchase_id} ${purchase.status}`
}

async function prepare(
  person: Person,
  purchaseId: string,
  { currency, printImmediately, waits }: Extract<Step, { do: 'prepare' }>,
  key: string,
): Promise<string> {
  const { userId: user_id, profileId: print_profile_id, printerId: printer_id } = person
  const wanted = { user_id, purchase_id: purchaseId, print_profile_id, printer_id, storage_currency: currency }
  const asked = await person.client.post('/api/prepare', { ...wanted, print_immediately: printImmediately }, key)
  if (!asked.ok) return asked.code
  if (!waits) return 'asked'
  const ended = await until(person, 'the slice', async () => {
    const now = must(await person.client.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchaseId}`))
    return now.status === 'pending' || now.status === 'in_progress' ? null : now
  })
  return `${ended.preparation_id} ${ended.status} ${ended.error?.code ?? ''}`
}

async function print(
  person: Person,
  purchaseId: string,
  { count, waits }: Extract<Step, { do: 'print' }>,
  key: string,
): Promise<string> {
  const { userId: user_id, printerId: printer_id, client } = person
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      client.post<PrintResponse>('/api/print', { user_id, purchase_id: purchaseId, printer_id }, `${key}-${index}`),
    ),
  )
  const jobs = answers.flatMap(answer => (answer.ok ? [answer.body.print_job_id] : []))
  person.jobs.push(...jobs)
  const told = answers.map((answer: Answer<PrintResponse>) => (answer.ok ? answer.body.print_job_id : answer.code))
  if (!waits || jobs.length === 0) return told.join(', ')
  const ends = await until(person, 'the prints', async () => {
    const list = must(await client.get<{ print_jobs: PrintJobResponse[] }>(`/api/print-jobs?purchase_id=${purchaseId}`))
    const mine = list.print_jobs.filter(job => jobs.includes(job.print_job_id))
    return mine.every(job => endStates.includes(job.status)) ? mine : null
  })
  return ends.map(job => `${job.print_job_id} ${job.status}`).join(', ')
}

async function cancel(person: Person): Promise<string> {
  const job = person.jobs.at(-1)
  if (!job) return 'has no job'
  const answer = await person.client.post<PrintJobResponse>(`/api/print-jobs/${job}/cancel`, {})
  return answer.ok ? `${job} ${answer.body.status}` : answer.code
}

async function removePrinter({ client, printerId }: Person): Promise<string> {
  const answer = await client.remove(`/api/printers/${printerId}?force=true`)
  return answer.ok ? `${printerId} removed` : answer.code
}

async function until<T>(person: Person, what: string, look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > person.until) throw new GaveUp(`waited for ${what}`)
    await sleep(lookEveryMs)
  }
}
