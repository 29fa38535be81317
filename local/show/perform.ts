import type { SessionResponse } from '../../schema/http/auth.ts'
import type { ModelResponse } from '../../schema/http/models.ts'
import { currencies } from '../../schema/http/money.ts'
import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PrinterResponse } from '../../schema/http/printers.ts'
import type { ProfileResponse } from '../../schema/http/profiles.ts'
import type {
  PurchaseListResponse,
  PurchaseResponse,
  ReceiptResponse,
  WalletResponse,
} from '../../schema/http/purchases.ts'
import { type Api, ApiError, createApi } from './api.ts'
import type { Narrator } from './narrator.ts'
import { type LastRun, lastRun, type Printer } from './printer.ts'
import { people, printerName, type Sample, type SampleProfile, sampleProfile } from './sample.ts'
import { waitFor } from './wait.ts'

export interface Show {
  marketplaceUrl: string
  printer: Printer
  sample: Sample
  /** What it is sliced with; the sample's own. */
  profile?: SampleProfile
  /** Puts as many HBAR and PRINT on an account: the local network's faucet. */
  fund: (accountId: string, amount: bigint) => Promise<void>
  narrator: Narrator
}

export interface Performed {
  purchase: PurchaseResponse
  job: PrintJobResponse
  preparation: PrepareStatusResponse
  receipt: ReceiptResponse
  run: LastRun
}

const auditTypes = ['model_purchase', 'slicing_fee', 'model_prepare', 'model_print']
const ended = ['success', 'failure', 'cancelled', 'expired']
const fundBelow = 50
/** Longer than the sample takes. */
const fullPrintMs = 600_000
const fundWith = 500n

/** The whole way of the mission, through the addresses that users and printers use, step by step before one's eyes. */
export async function perform(show: Show): Promise<Performed> {
  const { marketplaceUrl, printer, sample, fund, narrator } = show
  const { step } = narrator
  const designer = await signIn(marketplaceUrl, people.designer)
  const { api, userId } = await signIn(marketplaceUrl, people.enthusiast)

  const model = await step(
    'the designer publishes a model',
    () => publish(designer.api, sample),
    ({ title, triangles, dimensions_mm: { x, y, z } }) =>
      `${title}, ${triangles} triangles, ${x.toFixed(0)} x ${y.toFixed(0)} x ${z.toFixed(0)} mm`,
  )
  await step(
    'the enthusiast has HBAR and PRINT',
    () => haveFunds(api, fund),
    wallet => balanceOf(wallet),
  )
  const purchase = await step(
    'buys the right to print it',
    async () => (await rightsLeft(api, model)) ?? buy(api, userId, model),
    purchase => describePurchase(purchase),
  )
  const printerId = await step(
    'registers the printer',
    () => register(api, printer),
    id => id,
  )
  const profile = await profileOf(api, show.profile ?? sampleProfile)
  const preparation = await step(
    'has it sliced and sealed',
    async note => {
      const wanted = { userId, purchase, printerId, profileId: profile.print_profile_id }
      return (await sealedEarlier(api, wanted)) ?? prepare(api, wanted, note)
    },
    ({ totals }) => `${totals?.layers} layers, ${totals?.lines} lines`,
  )
  const job = await step(
    'prints it (auto_start is on)',
    note => print(api, { userId, purchase, printerId }, note),
    ({ status }) => status,
  )
  if (job.status !== 'success') throw new Error(`the print ended as ${job.status}: ${job.error ?? ''}`)
  const receipt = await step(
    'every step is on the ledger',
    () => audited(api, purchase.purchase_id),
    ({ events }) => events.map(event => `#${event.sequence_number}`).join(' '),
  )
  return {
    job,
    preparation,
    receipt,
    purchase: await api.get<PurchaseResponse>(`/api/purchases/${purchase.purchase_id}`),
    run: await lastRun(printer),
  }
}

async function signIn(
  url: string,
  person: (typeof people)[keyof typeof people],
): Promise<{ api: Api; userId: string }> {
  const anyone = createApi(url)
  const session = await anyone.post<SessionResponse>('/api/auth/login', person).catch(error => {
    if (!(error instanceof ApiError) || error.code !== 'wrong_credentials') throw error
    return anyone.post<SessionResponse>('/api/auth/register', person)
  })
  return { api: createApi(url, session.access_token), userId: session.user_id }
}

/** Publishes the sample; at a later start the one of the same title is there already. */
async function publish(api: Api, { metadata, file, fileName }: Sample): Promise<ModelResponse> {
  const isSample = fileName === 'gearwheel.bin.stl'
  const { models } = await api.get<{ models: ModelResponse[] }>('/api/models')
  const known = models.find(model => model.title === metadata.title)
  if (isSample && known) return known
  const form = new FormData()
  form.set('metadata', JSON.stringify(metadata))
  form.set('model', new Blob([new Uint8Array(file)], { type: 'model/stl' }), fileName)
  return api.upload<ModelResponse>('/api/publish-model', form)
}

async function haveFunds(api: Api, fund: Show['fund']): Promise<WalletResponse> {
  const wallet = await api.get<WalletResponse>('/api/wallet')
  if (wallet.balances.every(({ amount }) => Number(amount) >= fundBelow)) return wallet
  if (!wallet.account_id) throw new Error('the wallet has no account')
  await fund(wallet.account_id, fundWith)
  return api.get<WalletResponse>('/api/wallet')
}

function balanceOf(wallet: WalletResponse): string {
  const held = wallet.balances.map(({ amount, currency }) => `${amount} ${currencies[currency].name}`)
  return `${held.join(', ')} on ${wallet.account_id}`
}

/** A purchase of an earlier start that has prints left: nothing is spent again as long as there is one. */
async function rightsLeft(api: Api, model: ModelResponse): Promise<PurchaseResponse | undefined> {
  const { purchases } = await api.get<PurchaseListResponse>('/api/purchases')
  return purchases.find(one => one.model_id === model.model_id && one.status === 'active' && leftOf(one) > 0)
}

const leftOf = (one: PurchaseResponse) => one.prints_allowed - one.prints_used - one.prints_reserved

function describePurchase(purchase: PurchaseResponse): string {
  const { price, prints_allowed, prints_used } = purchase
  if (prints_used > 0) return `bought before: ${leftOf(purchase)} of ${prints_allowed} prints left`
  return `${prints_allowed} prints for ${price.amount} ${price.currency.toUpperCase()}`
}

/** What was sliced for this printer and profile at an earlier start, if it can be downloaded for long enough. */
async function sealedEarlier(
  api: Api,
  { purchase, printerId, profileId }: Wanted & { profileId: string },
): Promise<PrepareStatusResponse | undefined> {
  if (purchase.prints_used === 0) return undefined
  const status = await api.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchase.purchase_id}`)
  const isForUs = status.printer_id === printerId && status.print_profile_id === profileId
  const livesMs = Date.parse(status.gcode_ttl_expiry ?? '') - Date.now()
  return status.status === 'completed' && isForUs && livesMs > fullPrintMs ? status : undefined
}

async function buy(api: Api, userId: string, model: ModelResponse): Promise<PurchaseResponse> {
  const { purchase_id } = await api.post<PurchaseResponse>('/api/purchase-model', {
    user_id: userId,
    model_id: model.model_id,
    license_type: model.licenses[0]?.license_type,
    storage_currency: 'hbar',
  })
  return waitFor('the payment', async () => {
    const purchase = await api.get<PurchaseResponse>(`/api/purchases/${purchase_id}`)
    if (purchase.status === 'failed') throw new Error(`the payment failed: ${purchase.error}`)
    return purchase.status === 'active' && purchase
  })
}

/** At the printer, as its owner does it: log in through the edge, which registers the printer. */
async function register(api: Api, printer: Printer): Promise<string> {
  const agent = 'lmnt_marketplace'
  const ask = <T>(method: string, args: Record<string, unknown> = {}) =>
    printer.call<T>('server.extensions.request', { agent, method, arguments: args })
  await waitFor('the edge to join the printer', async () => {
    const { agents } = await printer.call<{ agents: { name: string }[] }>('server.extensions.list')
    return agents.some(({ name }) => name === agent)
  })
  const status = await ask<{ printer_id: string | null }>('status')
  const { printers } = await api.get<{ printers: PrinterResponse[] }>('/api/printers')
  const known = printers.find(({ printer_id }) => printer_id === status.printer_id)
  if (known) return known.printer_id
  const { email, password } = people.enthusiast
  const { token } = await ask<{ token: string }>('login_user', { email, password })
  const registered = await ask<{ printer_id: string }>('register_printer', {
    token,
    name: printerName,
    description: 'The printer that npm start makes on this machine',
  })
  return registered.printer_id
}

async function profileOf(api: Api, wanted: SampleProfile): Promise<ProfileResponse> {
  const { print_profiles } = await api.get<{ print_profiles: ProfileResponse[] }>('/api/print-profiles')
  const known = print_profiles.find(({ name }) => name === wanted.name)
  return known ?? api.post<ProfileResponse>('/api/print-profiles', wanted)
}

interface Wanted {
  userId: string
  purchase: PurchaseResponse
  printerId: string
}

async function prepare(
  api: Api,
  { userId, purchase, printerId, profileId }: Wanted & { profileId: string },
  note: (text: string) => void,
): Promise<PrepareStatusResponse> {
  await api.post('/api/prepare', {
    user_id: userId,
    purchase_id: purchase.purchase_id,
    print_profile_id: profileId,
    printer_id: printerId,
    storage_currency: 'hbar',
    print_immediately: false,
  })
  return waitFor('the slicer', async () => {
    const status = await api.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchase.purchase_id}`)
    note(`${status.step} ${(status.progress * 100).toFixed(0)}%`)
    if (status.error) throw new Error(`${status.error.code}: ${status.error.message}`)
    return status.status === 'completed' && status
  })
}

async function print(
  api: Api,
  { userId, purchase, printerId }: Wanted,
  note: (text: string) => void,
): Promise<PrintJobResponse> {
  const { purchase_id } = purchase
  const asked = { user_id: userId, purchase_id, printer_id: printerId }
  const { print_job_id } = await api.post<PrintResponse>('/api/print', asked)
  return waitFor(
    'the print',
    async () => {
      const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
        `/api/print-jobs?purchase_id=${purchase_id}`,
      )
      const job = print_jobs.find(one => one.print_job_id === print_job_id)
      if (job) note(`${job.status} ${(job.progress * 100).toFixed(0)}%`)
      return job && ended.includes(job.status) && job
    },
    { limitMs: 600_000 },
  )
}

function audited(api: Api, purchaseId: string): Promise<ReceiptResponse> {
  return waitFor('the ledger', async () => {
    const receipt = await api.get<ReceiptResponse>(`/api/receipts/${purchaseId}`)
    const types = receipt.events.map(event => event.type)
    // Of a purchase with several prints each is an event of its own.
    const areWritten = receipt.events.every(event => event.sequence_number !== null)
    return areWritten && auditTypes.every(type => types.includes(type)) && receipt
  })
}
