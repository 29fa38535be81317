import { setTimeout as sleep } from 'node:timers/promises'
import { sampleProfile } from '../../local/demo/sample.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { ModelResponse } from '../../schema/http/models.ts'
import type { Currency } from '../../schema/http/money.ts'
import type { PrepareResponse, PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { ProfileResponse } from '../../schema/http/profiles.ts'
import type { PurchaseResponse, WalletResponse } from '../../schema/http/purchases.ts'
import { registerAt, startStub } from './at-printer.ts'
import { type Answer, GaveUp, must, noteEnd, patientClient } from './marketplace.ts'
import type { Person as Planned, Step } from './plan.ts'
import type { Person, Population } from './population.ts'
import { price } from './publish.ts'
import type { World } from './world.ts'

/** HBAR for the slicing fees: more than a run needs. */
const fees = 1n
/** Longer than G-code is valid (world.ts), and than the renewal of a slice takes. */
const outlastMs = 25_000
const renewalMs = 10_000
const lookEveryMs = 200
const endStates = ['success', 'failure', 'cancelled', 'expired']

/** Prepares a person before any fault: account, wallet, profile, printer. */
export async function settleIn(world: World, name: string, index: number, { funds }: Planned): Promise<Person> {
  const person = {
    name,
    index,
    buys: 0,
    registers: 1,
    purchases: [] as string[],
    jobs: [] as string[],
    prepared: [] as Person['prepared'],
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
  person.token = session.access_token
  person.printerId = await registerAt(
    world.printers[index]!,
    { token: person.token, name, key: `${name}-0` },
    person.until,
  )
  return person
}

/** Does the steps in order, until all are done or the time limit is over. */
export async function doSteps(
  world: World,
  population: Population,
  person: Person,
  { steps, patienceMs }: { steps: Step[]; patienceMs: number },
): Promise<void> {
  person.until = performance.now() + patienceMs
  for (const [index, step] of steps.entries()) {
    const work = () => doStep(world, population, person, step, `${person.name}-${index}`)
    if (!(await noteEnd(world.trace, `${person.name} ${step.do}`, work))) return
  }
}

async function doStep(world: World, population: Population, person: Person, step: Step, key: string): Promise<string> {
  const newest = person.purchases.at(-1)
  if (step.do === 'buy') {
    const published = population.publications.at(-1)?.model
    const model = step.model === 'newest' ? (published ?? world.models[0]!) : world.models[step.model]!
    return buy(person, model, step.currency, key)
  }
  if (step.do === 'pause') return sleep(step.ms, 'paused')
  if (step.do === 'remove-printer') return removePrinter(person)
  if (step.do === 'register-printer') return registerAnew(world, person)
  if (!newest) return 'has nothing'
  if (step.do === 'prepare') return prepare(person, newest, step, key)
  if (step.do === 'print') return print(person, newest, step, key)
  if (step.do === 'outlast-slice') return outlastSlice(population, person, newest)
  if (step.do === 'start-stub') return startStub(world.printers[person.index]!, newest, person.until)
  return cancel(person)
}

async function buy(person: Person, model: ModelResponse, currency: Currency, key: string): Promise<string> {
  person.buys += 1
  const wanted = { user_id: person.userId, model_id: model.model_id }
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
  { currency, printImmediately, waits, overrides }: Extract<Step, { do: 'prepare' }>,
  key: string,
): Promise<string> {
  const { userId: user_id, profileId: print_profile_id, printerId: printer_id } = person
  const wanted = {
    user_id,
    purchase_id: purchaseId,
    print_profile_id,
    printer_id,
    storage_currency: currency,
    overrides,
  }
  const asked = await person.client.post<PrepareResponse>(
    '/api/prepare',
    { ...wanted, print_immediately: printImmediately },
    key,
  )
  if (!asked.ok) return asked.code
  person.prepared.push({ preparationId: asked.body.preparation_id, overrides })
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
  const jobs = answers.flatMap(answer => (answer.ok && answer.body.print_job_id ? [answer.body.print_job_id] : []))
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

/** Returns at once when the purchase has no slice that could expire. Otherwise the person gets more time for the renewal. */
async function outlastSlice(population: Population, person: Person, purchaseId: string): Promise<string> {
  person.until = Math.max(person.until, performance.now() + outlastMs)
  const status = await until(person, 'the slice to expire', async () => {
    const answer = await person.client.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchaseId}`)
    const status = answer.ok ? answer.body.status : answer.code
    return ['pending', 'in_progress', 'completed', 'printing'].includes(status) ? null : status
  })
  if (status === 'expired') population.onExpiry()
  person.until = Math.max(person.until, performance.now() + renewalMs)
  return status
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

/** Waits far longer than any fault: otherwise a registration whose answer was lost would leave an unknown printer. */
async function registerAnew({ printers }: World, person: Person): Promise<string> {
  const { name, token } = person
  const key = `${name}-${person.registers++}`
  person.printerId = await registerAt(printers[person.index]!, { token, name, key }, performance.now() + 60_000)
  return person.printerId
}

async function until<T>(person: Person, what: string, look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > person.until) throw new GaveUp(`waited for ${what}`)
    await sleep(lookEveryMs)
  }
}
