import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Built } from '../../bff/ledger/build.ts'
import { connectLedger, type Ledger } from '../../bff/ledger/connect.ts'
import { publicKeyOf } from '../../bff/ledger/keys.ts'
import type { Receipt } from '../../bff/ledger/outcome.ts'
import { addSignatures } from '../../bff/ledger/sign.ts'
import type { Folders } from './folders.ts'
import type { Secrets } from './secrets.ts'

export const genesisAccount = '0.0.2'

export interface LedgerPlace {
  /** address:port=account, as LEDGER_NODES has it. */
  node: { address: string; account: string }
  mirrorUrl: string
  /** Of the network: see service/time-scale.ts. */
  timeScale: number
}

/** The accounts and the topic of the local marketplace. */
export interface LedgerIds {
  operatorId: string
  feeAccountId: string
  topicId: string
}

const tinybars = 100_000_000n
const operatorFunds = 1_000_000n * tinybars
const receiptWaitMs = 10_000

/** Makes operator, fee account and topic on the local network, once: their ids are kept beside the data. */
export async function setUpLedger(folders: Folders, place: LedgerPlace, secrets: Secrets): Promise<LedgerIds> {
  const file = join(folders.data, 'ledger.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const ids = await asGenesis(place, async ledger => {
    const sign = (built: Built) => settle(ledger, secrets.genesisKey, built)
    const account = async (key: Buffer, initialBalance: bigint) =>
      idOf(await sign(await ledger.buildAccountCreate({ publicKey: publicKeyOf(key), initialBalance })))
    const operatorId = await account(secrets.operatorKey, operatorFunds)
    const feeAccountId = await account(secrets.feeKey, 0n)
    const submitKey = publicKeyOf(secrets.operatorKey)
    const topicId = idOf(await sign(await ledger.buildTopicCreate({ submitKey, memo: 'LMNT marketplace events' })))
    return { operatorId, feeAccountId, topicId }
  })
  writeFileSync(file, `${JSON.stringify(ids, null, 2)}\n`)
  return ids
}

/** Gives an account HBAR from the local network's first account: what an exchange does in the world. */
export async function fund(place: LedgerPlace, secrets: Secrets, accountId: string, hbar: bigint): Promise<void> {
  const units = hbar * tinybars
  const transfers = [
    { account: genesisAccount, units: -units },
    { account: accountId, units },
  ]
  await asGenesis(place, async ledger =>
    settle(ledger, secrets.genesisKey, await ledger.buildTransfer({ transfers, memo: 'faucet' })),
  )
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

type Settled = Extract<Receipt, { status: 'settled' }>

async function settle(ledger: Ledger, key: Buffer, built: Built): Promise<Settled> {
  const submitted = await ledger.submit(addSignatures(built.bytes, [key]))
  if (submitted.status === 'refused') throw new Error(`The local ledger refused: ${submitted.reason}`)
  const receipt = await ledger.receipt(built.transactionId, receiptWaitMs)
  if (receipt.status !== 'settled') throw new Error(`The local ledger did not settle ${built.transactionId}.`)
  return receipt
}

function idOf(receipt: Settled): string {
  const id = receipt.accountId ?? receipt.topicId
  if (!id) throw new Error('The local ledger gave no id for what it made.')
  return id
}
