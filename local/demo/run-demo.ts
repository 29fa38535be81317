import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse } from '../../schema/http/print-jobs.ts'
import type { PurchaseResponse, ReceiptResponse } from '../../schema/http/purchases.ts'
import {
  balanceOf,
  buy,
  describePurchase,
  ensureFunds,
  type Fund,
  publish,
  signIn,
  usablePurchase,
  waitForReceipt,
} from './market.ts'
import type { Narrator } from './narrator.ts'
import { ensureProfile, prepare, print, registerPrinter, reusablePreparation } from './print.ts'
import { type LastRun, lastRun, type Printer } from './printer.ts'
import { people, type Sample, type SampleProfile, sampleProfile } from './sample.ts'

export interface Demo {
  marketplaceUrl: string
  printer: Printer
  sample: Sample
  /** The print profile; by default the sample profile. */
  profile?: SampleProfile
  /** Transfers this amount of HBAR and of PRINT to an account on the local network. */
  fund: Fund
  narrator: Narrator
}

export interface DemoRun {
  purchase: PurchaseResponse
  job: PrintJobResponse
  preparation: PrepareStatusResponse
  receipt: ReceiptResponse
  run: LastRun
}

/**
 * Publishes, buys, slices and prints a model through the public interfaces, and reports each step to the narrator.
 * Throws when a step fails or the print does not end in success.
 */
export async function runDemo(demo: Demo): Promise<DemoRun> {
  const { marketplaceUrl, printer, sample, fund, narrator } = demo
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
    () => ensureFunds(api, fund),
    wallet => balanceOf(wallet),
  )
  const purchase = await step(
    'buys the right to print it',
    async () => (await usablePurchase(api, model)) ?? buy(api, userId, model),
    purchase => describePurchase(purchase),
  )
  const printerId = await step(
    'registers the printer',
    () => registerPrinter(api, printer),
    id => id,
  )
  const profile = await ensureProfile(api, demo.profile ?? sampleProfile)
  const preparation = await step(
    'has it sliced and sealed',
    async progress => {
      const order = { userId, purchase, printerId, profileId: profile.print_profile_id }
      return (await reusablePreparation(api, order)) ?? prepare(api, order, progress)
    },
    ({ totals }) => `${totals?.layers} layers, ${totals?.lines} lines`,
  )
  const job = await step(
    'prints it (auto_start is on)',
    progress => print(api, { userId, purchase, printerId }, progress),
    ({ status }) => status,
  )
  if (job.status !== 'success') throw new Error(`The print ended as ${job.status}: ${job.error ?? ''}`)
  const receipt = await step(
    'every step is on the ledger',
    () => waitForReceipt(api, purchase.purchase_id),
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
