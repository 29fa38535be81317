/** A marketplace that sells: real database, real CWS, a Hedera network of its own. One clock for them all. */
import { addPayee } from '../../bff/cws/payees/add-payee.ts'
import { treasuryOf, walletOf } from '../../bff/services/wallet/account.ts'
import type { Settings } from '../../bff/settings.ts'
import { modelLicenses, publishedModels } from '../../schema/db/bff.ts'
import { newId } from '../../schema/http/ids.ts'
import { cwsClient } from '../../service/cws.ts'
import { listen } from '../../service/serve.ts'
import { makeCws, serviceAccounts, type TestCws } from './cws.ts'
import { makeHedera, type TestHedera } from './hedera.ts'
import { type MakeContext, makeContext, type TestContext } from './market.ts'

export interface Money extends TestContext {
  hedera: TestHedera
  cws: TestCws
  cwsUrl: string
  /** Puts HBAR from the operator into a user's wallet. */
  fund: (userId: string, tinybar: bigint) => Promise<void>
  balanceOf: (userId: string) => Promise<bigint>
  treasuryBalance: (designerId: string) => Promise<bigint>
  /** A published model of a new designer, for 10 HBAR unless said otherwise; its file is not there. */
  newModel: (terms?: { priceHbar?: bigint | null; pricePrint?: bigint; printsAllowed?: number }) => Promise<TestModel>
}

export interface TestModel {
  modelId: string
  designerId: string
}

export const hbar = 100_000_000n
export const license = 'pay-per-print'

export async function makeMoney({
  settings,
  dailyCapTinybar = 1000n * hbar,
  ...parts
}: MakeContext & { settings?: Partial<Settings>; dailyCapTinybar?: bigint } = {}): Promise<Money> {
  const hedera = await makeHedera()
  const { clock, operatorId, operatorKey, ledger } = hedera
  const topicId = await hedera.newTopic()
  const { accountId: feeAccountId } = await hedera.newAccount(0n)
  const cws = await makeCws({ ledger, operatorKey, clock, settings: { operatorId, topicId, dailyCapTinybar } })
  await addPayee(cws.parts, { accountId: feeAccountId, kind: 'fee', addedBy: 'test' })
  const cwsServer = await listen(cws.app)
  const market = await makeContext({
    clock,
    ledger,
    tokens: cws.tokens,
    cws: cwsClient(cwsServer.url, async () => ({ authorization: `Bearer ${await cws.idToken(serviceAccounts.bff)}` })),
    settings: { topicId, feeAccountId, operatorId, purchaseWaitSeconds: 3, ...settings },
    ...parts,
  })
  const { ctx, db } = market

  return {
    ...market,
    hedera,
    cws,
    cwsUrl: cwsServer.url,
    fund: async (userId, tinybar) => {
      const { accountId } = await walletOf(ctx, userId)
      const transfers = [
        { account: operatorId, units: -tinybar },
        { account: accountId, units: tinybar },
      ]
      await hedera.settle(await ledger.buildTransfer({ transfers, memo: 'test' }))
    },
    balanceOf: async userId => ledger.balance((await walletOf(ctx, userId)).accountId),
    treasuryBalance: async designerId => ledger.balance((await treasuryOf(ctx, designerId)).accountId),
    newModel: async ({ priceHbar = 10n * hbar, pricePrint, printsAllowed = 3 } = {}) => {
      const { userId: designerId } = await market.newUser('designer')
      const { accountId } = await treasuryOf(ctx, designerId)
      const modelId = newId('model', ctx.random)
      await db.insert(publishedModels).values({
        modelId,
        designerId,
        title: 'Gear',
        description: '',
        status: 'published',
        fileUrl: `gs://lmnt-test/models/${modelId}.stl.enc`,
        modelDek: 'wrapped',
        modelFileIv: 'iv',
        modelFileMac: 'mac',
        tokenTreasuryAccountId: accountId,
        createdAt: ctx.clock(),
      })
      const prices = { priceHbar, pricePrint: pricePrint ?? null }
      await db.insert(modelLicenses).values({ modelId, licenseType: license, ...prices, printsAllowed })
      return { modelId, designerId }
    },
    close: async () => {
      await cwsServer.close(0)
      await market.close()
      await cws.close()
      await hedera.close()
    },
  }
}
