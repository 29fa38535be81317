/** A buyer with a printer, and a slicer that slices at once: the marketplace's own verbs, with real money. */
import type { Bucket } from '../../bff/bucket/bucket.ts'
import type { Context } from '../../bff/context.ts'
import { receiveSlicingResult } from '../../bff/services/preparation/receive-result.ts'
import { startPreparation } from '../../bff/services/preparation/start.ts'
import { registerPrinter } from '../../bff/services/printer/register.ts'
import { createProfile } from '../../bff/services/profile/create.ts'
import { purchaseModel } from '../../bff/services/purchase/purchase.ts'
import { hbar, license, type Money } from './money.ts'
import { slicedResult } from './sliced.ts'

/** The service accounts of the slicer and of the push of its results. */
export function slicingServices({ ctx, as }: Money): { slicer: Context; push: Context } {
  return {
    slicer: as({ kind: 'service', email: ctx.settings.slicerServiceAccount }),
    push: as({ kind: 'service', email: ctx.settings.pushServiceAccount }),
  }
}

/** A user who has bought a model for 10 HBAR, with a printer and a profile; `request` prepares the purchase for it. */
export async function makeBuyer(market: Money, { funds = 20n * hbar, printsAllowed = 3 } = {}) {
  const { userId, ctx: user } = await market.newBuyer({ hbar: funds })
  const { modelId } = await market.newModel({ printsAllowed })
  const order = { user_id: userId, model_id: modelId, license_type: license, storage_currency: 'hbar' as const }
  const { purchase_id } = await purchaseModel(user, order)
  const printer = await registerPrinter(user, { name: 'Voron', description: '', printer_may_print: true })
  const profile = await createProfile(user, { name: 'PLA', machine_settings: {}, process_settings: {}, filament: {} })
  const request = {
    user_id: userId,
    purchase_id,
    print_profile_id: profile.print_profile_id,
    storage_currency: 'hbar' as const,
    print_immediately: false,
  }
  return { userId, user, purchase_id, printer, request }
}

/** Slices a pending preparation; its fee is due then. Returns the address of its G-code. */
export async function slice(market: Money, preparationId: string): Promise<string> {
  const { slicer, push } = slicingServices(market)
  const start = await startPreparation(slicer, preparationId)
  await receiveSlicingResult(push, slicedResult(start))
  return start.gcode_gcs_uri
}

/** A bucket without objects: it makes addresses, and records the removed ones. */
export function emptyBucket(removed: string[] = []): Bucket {
  return {
    uri: name => `gs://lmnt-test/${name}`,
    write: async () => {},
    read: () => {
      throw new Error('this test has no objects')
    },
    remove: async uri => void removed.push(uri),
  }
}
