import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import { connectLedger, type Ledger } from '../../ledger/connect.ts'
import { publicKeyOf } from '../../ledger/keys.ts'
import type { Settled } from '../../ledger/outcome.ts'
import { resolveTransaction } from '../../ledger/resolve.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { currencies } from '../../schema/http/money.ts'
import type { Folders } from './folders.ts'
import type { Secrets } from './secrets.ts'

export const genesisAccount = '0.0.2'

export interface LedgerPlace {
  /** address:port=account, as LEDGER_NODES has it. */
  node: { address: string; account: string }
  mirrorUrl: string
  /** The network's time scale: see runtime/time-scale.ts. */
  timeScale: number
}

/** The accounts, the topic and the token of the local marketplace. */
export interface LedgerIds {
  operatorId: string
  feeAccountId: string
  topicId: string
  printTokenId: string
}

const tinybars = 100_000_000n
const operatorFunds = 1_000_000n * tinybars
const receiptWaitMs = 5_000
const settleMs = 30_000

const printUnits = 100n
const printSupply = 1_000_000_000n * printUnits

/** Creates operator, fee account, topic and token on the local network, once. Their ids are stored beside the data. */
export async function setUpLedger(folders: Folders, place: LedgerPlace, secrets: Secrets): Promise<LedgerIds> {
  const file = join(folders.data, 'ledger.json')
  const known: Partial<LedgerIds> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  if (known.printTokenId) return known as LedgerIds
  const ids = await asGenesis(place, async ledger => {
    const sign = (built: UnsignedTransaction) => settle(ledger, built, secrets.genesisKey)
    const account = async (key: Buffer, initialBalance: bigint) =>
      idOf(await sign(await ledger.buildAccountCreate({ publicKey: publicKeyOf(key), initialBalance })))
    const operatorId = known.operatorId ?? (await account(secrets.operatorKey, operatorFunds))
    const feeAccountId = known.feeAccountId ?? (await account(secrets.feeKey, 0n))
    const submitKey = publicKeyOf(secrets.operatorKey)
    const topicId =
      known.topicId ?? idOf(await sign(await ledger.buildTopicCreate({ submitKey, memo: 'LMNT marketplace events' })))
    const printTokenId = idOf(await sign(await ledger.buildTokenCreate(printToken(publicKeyOf(secrets.genesisKey)))))
    const association = await ledger.buildTokenAssociation({ accountId: feeAccountId, tokenId: printTokenId })
    await settle(ledger, association, secrets.genesisKey, secrets.feeKey)
    return { operatorId, feeAccountId, topicId, printTokenId }
  })
  writeFileSync(file, `${JSON.stringify(ids, null, 2)}\n`)
  return ids
}

/** Creates the token PRINT on the local network. On a public network it exists already. */
function printToken(key: string) {
  const { decimals, name } = currencies.print
  return { name: 'Print', symbol: name, decimals, initialSupply: printSupply, treasury: genesisAccount, key }
}

/** Pays an account `amount` HBAR and `amount` PRINT from the local network's first account, as an exchange would. */
export async function fund(
  place: LedgerPlace,
  secrets: Secrets,
  { printTokenId }: LedgerIds,
  accountId: string,
  amount: bigint,
): Promise<void> {
  const from = (units: bigint) => [
    { account: genesisAccount, units: -units },
    { account: accountId, units },
  ]
  const token = { id: printTokenId, decimals: currencies.print.decimals }
  await asGenesis(place, async ledger => {
    const hbar = await ledger.buildTransfer({ transfers: from(amount * tinybars), memo: 'faucet' })
    await settle(ledger, hbar, secrets.genesisKey)
    const print = await ledger.buildTransfer({ transfers: from(amount * printUnits), token, memo: 'faucet' })
    await settle(ledger, print, secrets.genesisKey)
  })
}

async function asGenesis<T>(place: LedgerPlace, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await connectLedger({
    network: 'local',
    nodes: { [place.node.address]: place.node.account },
    mirrorUrl: place.mirrorUrl,
    operatorId: genesisAccount,
    timeScale: place.timeScale,
    clock: () => new Date(),
    random: randomBytes,
  })
  return work(ledger).finally(() => ledger.close())
}

async function settle(ledger: Ledger, built: UnsignedTransaction, ...keys: Buffer[]): Promise<Settled> {
  const { transactionId, validUntil } = built
  const bytes = addSignatures(built.bytes, keys)
  const deadline = Date.now() + settleMs
  for (let isUnsent = true; ; isUnsent = false) {
    const now = new Date()
    const step = { transactionId, bytes, validUntil, now, waitMs: receiptWaitMs, isUnsent }
    const outcome = await resolveTransaction(ledger, step)
    if (outcome.status === 'settled') return outcome
    if (outcome.status === 'failed' || Date.now() > deadline) {
      throw new Error(`The local ledger did not settle ${transactionId}: ${outcome.reason}`)
    }
  }
}

function idOf(receipt: Settled): string {
  const id = receipt.accountId ?? receipt.topicId ?? receipt.tokenId
  if (!id) throw new Error('The receipt of the local ledger names no id.')
  return id
}
