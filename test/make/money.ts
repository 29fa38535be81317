/** A marketplace that sells: real database, real CWS, a Hedera network of its own. One clock for them all. */

import type { Context } from '../../bff/context.ts'
import { treasuryOf, walletOf } from '../../bff/services/wallet/account.ts'
import type { Settings } from '../../bff/settings.ts'
import { addPayee } from '../../cws/payees/add-payee.ts'
import { cwsClient } from '../../runtime/cws.ts'
import { listen } from '../../runtime/serve.ts'
import { modelLicenses, publishedModels } from '../../schema/db/bff/index.ts'
import { newId } from '../../schema/http/ids.ts'
import { makeCws, serviceAccounts, type TestCws } from './cws.ts'
import { makeHedera, type TestHedera } from './hedera.ts'
import { type MakeContext, makeContext, type TestContext, testSettings } from './market.ts'

export interface Money extends TestContext {
  hedera: TestHedera
  cws: TestCws
  cwsUrl: string
  /** As the operator's command runs: with its own service account at the CWS. */
  operator: Context
  /** Puts HBAR from the operator into a user's wallet. */
  fund: (userId: string, tinybar: bigint) => Promise<void>
  /** Puts PRINT into a user's wallet; only where it is offered. */
  fundPrint: (userId: string, units: bigint) => Promise<void>
  /** A new user with these amounts in the wallet, in smallest units. */
  newBuyer: (funds: { hbar?: bigint; print?: bigint }) => ReturnType<TestContext['newUser']>
  balanceOf: (userId: string) => Promise<bigint>
  printBalanceOf: (userId: string) => Promise<bigint>
  treasuryBalance: (designerId: string) => Promise<bigint>
  /** A published model of a new designer, for 10 HBAR unless said otherwise; its file is not there. */
  newModel: (terms?: { priceHbar?: bigint | null; pricePrint?: bigint; printsAllowed?: number }) => Promise<TestModel>
}

export interface TestModel {
  modelId: string
  designerId: string
}

interface MakeMoney extends MakeContext {
  settings?: Partial<Settings>
  dailyCapTinybar?: bigint
  /** Also in PRINT: 0.25 of it for a slice. */
  withPrint?: boolean
}

export const hbar = 100_000_000n
export const license = 'pay-per-print'

export async function makeMoney({
  settings,
  dailyCapTinybar = 1000n * hbar,
  withPrint = false,
  ...parts
}: MakeMoney = {}): Promise<Money> {
  const hedera = await makeHedera()
  const { clock, operatorId, operatorKey, ledger } = hedera
  const topicId = await hedera.newTopic()
  const { accountId: feeAccountId, key: feeKey } = await hedera.newAccount(0n)
  const printTokenId = withPrint ? await hedera.newToken() : undefined
  const dailyCaps = { hbar: dailyCapTinybar, print: 100_000_000n }
  const cws = await makeCws({ ledger, operatorKey, clock, settings: { operatorId, topicId, printTokenId, dailyCaps } })
  await addPayee(cws.parts, { accountId: feeAccountId, kind: 'fee', addedBy: 'test' })
  if (printTokenId) await hedera.associate(feeAccountId, feeKey, printTokenId)
  const cwsServer = await listen(cws.app)
  const clientAs = (account: 'bff' | 'operator') => {
    const token = cws.idToken(serviceAccounts[account])
    return cwsClient(cwsServer.url, async () => ({ authorization: `Bearer ${await token}` }))
  }
  const market = await makeContext({
    clock,
    ledger,
    tokens: cws.tokens,
    cws: clientAs('bff'),
    settings: {
      topicId,
      feeAccountId,
      operatorId,
      printTokenId,
      slicingFees: { ...testSettings.slicingFees, ...(withPrint ? { print: 25n } : {}) },
      purchaseWaitSeconds: 3,
      ...settings,
    },
    ...parts,
  })
  const { ctx, db } = market

  async function pay(userId: string, units: bigint, token?: { id: string; decimals: number }): Promise<void> {
    const { accountId } = await walletOf(ctx, userId)
    const transfers = [
      { account: operatorId, units: -units },
      { account: accountId, units },
    ]
    await hedera.settle(await ledger.buildTransfer({ transfers, token, memo: 'test' }))
  }
  const fund = (userId: string, tinybar: bigint) => pay(userId, tinybar)
  const fundPrint = (userId: string, units: bigint) => pay(userId, units, { id: printTokenId ?? '', decimals: 2 })

  return {
    ...market,
    hedera,
    cws,
    cwsUrl: cwsServer.url,
    operator: { ...ctx, cws: clientAs('operator'), actor: { kind: 'operator' } },
    fund,
    fundPrint,
    newBuyer: async funds => {
      const user = await market.newUser()
      if (funds.hbar) await fund(user.userId, funds.hbar)
      if (funds.print) await fundPrint(user.userId, funds.print)
      return user
    },
    printBalanceOf: async userId =>
      (await ledger.tokenBalance((await walletOf(ctx, userId)).accountId, printTokenId ?? '')) ?? 0n,
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
