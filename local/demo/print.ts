import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PrinterResponse } from '../../schema/http/printers.ts'
import type { ProfileResponse } from '../../schema/http/profiles.ts'
import type { PurchaseResponse } from '../../schema/http/purchases.ts'
import type { Api } from './api.ts'
import type { Printer } from './printer.ts'
import { people, printerName, type SampleProfile } from './sample.ts'
import { waitFor } from './wait.ts'

const ended = ['success', 'failure', 'cancelled', 'expired']
/** Longer than the sample takes. */
const fullPrintMs = 600_000

/** Who prints which purchase on which printer. */
interface PrintOrder {
  userId: string
  purchase: PurchaseResponse
  printerId: string
}

/** Logs the owner in through the edge and registers the printer, unless it is registered. Returns its id. */
export async function registerPrinter(api: Api, printer: Printer): Promise<string> {
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

/** The print profile of this name, created at the first start. */
export async function ensureProfile(api: Api, wanted: SampleProfile): Promise<ProfileResponse> {
  const { print_profiles } = await api.get<{ print_profiles: ProfileResponse[] }>('/api/print-profiles')
  const known = print_profiles.find(({ name }) => name === wanted.name)
  return known ?? api.post<ProfileResponse>('/api/print-profiles', wanted)
}

/** The preparation of an earlier start for this printer and profile, if its G-code stays available for a whole print. */
export async function reusablePreparation(
  api: Api,
  { purchase, printerId, profileId }: PrintOrder & { profileId: string },
): Promise<PrepareStatusResponse | undefined> {
  if (purchase.prints_used === 0) return undefined
  const status = await api.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchase.purchase_id}`)
  const isSameTarget = status.printer_id === printerId && status.print_profile_id === profileId
  const remainingMs = Date.parse(status.gcode_ttl_expiry ?? '') - Date.now()
  return status.status === 'completed' && isSameTarget && remainingMs > fullPrintMs ? status : undefined
}

/** Has the purchase sliced; `progress` receives the current step. */
export async function prepare(
  api: Api,
  { userId, purchase, printerId, profileId }: PrintOrder & { profileId: string },
  progress: (text: string) => void,
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
    progress(`${status.step} ${(status.progress * 100).toFixed(0)}%`)
    if (status.error) throw new Error(`${status.error.code}: ${status.error.message}`)
    return status.status === 'completed' && status
  })
}

/** Requests a print and waits until it ends; `progress` receives its state. */
export async function print(
  api: Api,
  { userId, purchase, printerId }: PrintOrder,
  progress: (text: string) => void,
): Promise<PrintJobResponse> {
  const { purchase_id } = purchase
  const order = { user_id: userId, purchase_id, printer_id: printerId }
  const { print_job_id } = await api.post<PrintResponse>('/api/print', order)
  return waitFor(
    'the print',
    async () => {
      const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
        `/api/print-jobs?purchase_id=${purchase_id}`,
      )
      const job = print_jobs.find(job => job.print_job_id === print_job_id)
      if (job) progress(`${job.status} ${(job.progress * 100).toFixed(0)}%`)
      return job && ended.includes(job.status) && job
    },
    { limitMs: fullPrintMs },
  )
}
