import type { Context } from '../../bff/context.ts'
import { preparations, printers, printProfiles, publishedModels, purchases } from '../../schema/db/bff/index.ts'
import { newId } from '../../schema/http/ids.ts'
import type { TestContext } from './market.ts'
import { slicedSummary } from './sliced.ts'

export interface Prepared {
  purchaseId: string
  preparationId: string
  printerId: string
  userId: string
  user: Context
  /** The context of the printer's token. */
  printer: Context
}

/** A paid purchase, sliced for a registered printer: the start of the print job tests. Inserts rows only; calls no service. */
export async function makePrepared(market: TestContext, printsAllowed = 1): Promise<Prepared> {
  const { ctx, db } = market
  const now = ctx.clock()
  const { userId, ctx: user } = await market.newUser()
  const modelId = newId('model', ctx.random)
  const purchaseId = newId('purchase', ctx.random)
  await db.insert(publishedModels).values({
    modelId,
    designerId: userId,
    title: 'Gear',
    description: '',
    status: 'published',
    fileUrl: 'gs://lmnt-test/models/gear',
    modelDek: 'wrapped',
    modelFileIv: 'iv',
    modelFileMac: 'mac',
    tokenTreasuryAccountId: '0.0.1003',
    createdAt: now,
  })
  await db.insert(purchases).values({
    purchaseId,
    userId,
    modelId,
    licenseType: 'pay-per-print',
    price: 1n,
    currency: 'hbar',
    printsAllowed,
    status: 'active',
    createdAt: now,
  })
  const profileId = await makeProfile(market, userId)
  const printerId = await makePrinter(market, userId)
  const preparationId = await makePreparation(market, { purchaseId, printerId, profileId })
  return { purchaseId, preparationId, printerId, userId, user, printer: printerContext(market, printerId, userId) }
}

export async function makeProfile({ ctx, db }: TestContext, userId: string): Promise<string> {
  const printProfileId = newId('profile', ctx.random)
  const settings = { machineSettings: {}, processSettings: {}, filament: {} }
  await db
    .insert(printProfiles)
    .values({ printProfileId, userId, name: 'Profile', ...settings, createdAt: ctx.clock() })
  return printProfileId
}

export async function makePrinter({ ctx, db }: TestContext, userId: string): Promise<string> {
  const printerId = newId('printer', ctx.random)
  const now = ctx.clock()
  await db.insert(printers).values({
    printerId,
    userId,
    name: 'Voron',
    description: '',
    kekEncryptedPsek: 'wrapped psek',
    status: 'active',
    printerMayPrint: true,
    createdAt: now,
    updatedAt: now,
  })
  return printerId
}

export function printerContext(market: TestContext, printerId: string, userId: string): Context {
  return market.as({ kind: 'printer', printerId, userId, version: 1 })
}

export async function makePreparation(
  { ctx, db }: TestContext,
  of: { purchaseId: string; printerId: string; profileId: string },
): Promise<string> {
  const preparationId = newId('preparation', ctx.random)
  const now = ctx.clock()
  await db.insert(preparations).values({
    preparationId,
    purchaseId: of.purchaseId,
    printerId: of.printerId,
    printProfileId: of.profileId,
    status: 'completed',
    step: 'done',
    progress: 1,
    slicingFee: 0n,
    feeCurrency: 'hbar',
    printImmediately: false,
    gcodeFileUrl: `gs://lmnt-test/gcode/${preparationId}`,
    psekEncryptedGcodeDek: 'wrapped dek',
    gcodeTtlExpiry: new Date(now.getTime() + 24 * 3600_000),
    gcodeSize: 1000,
    gcodeSha256: '0'.repeat(64),
    totals: { bytes: 900, lines: 40, layers: 4, sha256: '1'.repeat(64), estimated_time_s: 60, filament_mm: 100 },
    summary: slicedSummary,
    warnings: [],
    createdAt: now,
    updatedAt: now,
  })
  return preparationId
}
