import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import { connectLedger, type Ledger } from '../../ledger/connect.ts'
import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import type { Settled } from '../../ledger/outcome.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { type Faults, noFaults } from '../../local/hedera/faults.ts'
import { startHedera } from '../../local/hedera/start.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { seededRandom, type TestClock, testClock } from './market.ts'

export interface TestHedera {
  clock: TestClock
  faults: Faults
  random: RandomBytes
  operatorId: string
  operatorKey: Buffer
  dataDir: string
  grpcAddress: string
  /** Addresses with accounts, as a client is configured with them. */
  nodes: Record<string, string>
  mirrorUrl: string
  ledger: Ledger
  /** A client beside `ledger`, perhaps with a clock of its own. Whoever connects closes. */
  connect: (clock?: () => Date) => Promise<Ledger>
  /** Signs as the operator and as `keys`, sends, and waits; anything but settled fails the test. */
  settle: (built: UnsignedTransaction, ...keys: Buffer[]) => Promise<Settled>
  newAccount: (tinybar: bigint) => Promise<{ accountId: string; key: Buffer }>
  newTopic: () => Promise<string>
  /** A token with two decimals, all of it with the operator, whose key mints and freezes. */
  newToken: () => Promise<string>
  /** Lets an account hold the token. */
  associate: (accountId: string, key: Buffer, tokenId: string) => Promise<void>
  /** What a token's issuer may do to an account that holds it, and undo. */
  freeze: (accountId: string, tokenId: string, isFrozen: boolean) => Promise<void>
  /** Stops the network, and starts it again on the same data and ports. */
  restart: () => Promise<void>
  stop: () => Promise<void>
  start: () => Promise<void>
  close: () => Promise<void>
}

/** A Hedera network of its own for a test, with a client that the production code would use. */
export async function makeHedera({ nodeCount = 1 } = {}): Promise<TestHedera> {
  const clock = testClock()
  const faults = noFaults()
  const random = seededRandom('hedera')
  const operatorId = '0.0.2'
  const operatorKey = newPrivateKey(random)
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-hedera-'))
  const options = {
    dataDir,
    genesis: { accountId: operatorId, publicKey: publicKeyOf(operatorKey) },
    clock: clock.now,
    faults,
  }
  let network = await startHedera({ ...options, moreNodes: Array(nodeCount - 1).fill(0) })
  let isRunning = true
  const { grpcAddress, mirrorUrl, nodeId, nodes } = network

  const connect = (ownClock = clock.now) =>
    connectLedger({
      network: 'local',
      nodes,
      mirrorUrl,
      operatorId,
      clock: ownClock,
      random,
      timeoutMs: 5000, // the SDK's timers outlive its calls, and keep a finished test file alive for half of this
    })
  const ledger = await connect()

  const settle: TestHedera['settle'] = async (built, ...keys) => {
    const sent = await ledger.submit(addSignatures(built.bytes, [operatorKey, ...keys]))
    const receipt = await ledger.receipt(built.transactionId, 5000)
    if (receipt.status !== 'settled') throw new Error(`not settled: ${JSON.stringify({ sent, receipt })}`)
    return receipt
  }
  const stop = async () => {
    if (isRunning) await network.close()
    isRunning = false
  }
  const start = async () => {
    const portOf = (address: string) => Number(address.split(':').at(-1))
    const [grpcPort = 0, ...moreNodes] = Object.keys(nodes).map(portOf)
    network = await startHedera({ ...options, grpcPort, moreNodes, mirrorPort: portOf(mirrorUrl) })
    isRunning = true
  }
  return {
    clock,
    faults,
    random,
    operatorId,
    operatorKey,
    dataDir,
    grpcAddress,
    nodes,
    mirrorUrl,
    ledger,
    connect,
    settle,
    newAccount: async initialBalance => {
      const key = newPrivateKey(random)
      const built = await ledger.buildAccountCreate({ publicKey: publicKeyOf(key), initialBalance })
      const { accountId } = await settle(built)
      if (!accountId) throw new Error('the receipt names no account')
      return { accountId, key }
    },
    newTopic: async () => {
      const built = await ledger.buildTopicCreate({ submitKey: publicKeyOf(operatorKey), memo: 'test' })
      const { topicId } = await settle(built)
      if (!topicId) throw new Error('the receipt names no topic')
      return topicId
    },
    newToken: async () => {
      const token = { name: 'Print', symbol: 'PRINT', decimals: 2, initialSupply: 1_000_000_000n, treasury: operatorId }
      const { tokenId } = await settle(await ledger.buildTokenCreate({ ...token, key: publicKeyOf(operatorKey) }))
      if (!tokenId) throw new Error('the receipt names no token')
      return tokenId
    },
    associate: async (accountId, key, tokenId) => {
      await settle(await ledger.buildTokenAssociation({ accountId, tokenId }), key)
    },
    freeze: async (accountId, tokenId, isFrozen) => {
      const sdk = await import('@hashgraph/sdk')
      const client = sdk.Client.forNetwork({ [grpcAddress]: nodeId }, { scheduleNetworkUpdate: false })
      client.setGrpcDeadline(2500).setOperator(operatorId, sdk.PrivateKey.fromBytesED25519(operatorKey))
      const transaction = isFrozen ? new sdk.TokenFreezeTransaction() : new sdk.TokenUnfreezeTransaction()
      const start = sdk.Timestamp.fromDate(new Date(clock.now().getTime() - 1000))
      transaction.setTransactionId(sdk.TransactionId.withValidStart(sdk.AccountId.fromString(operatorId), start))
      const sent = await transaction.setTokenId(tokenId).setAccountId(accountId).execute(client)
      await sent.getReceipt(client)
      client.close()
    },
    restart: async () => {
      await stop()
      await start()
    },
    stop,
    start,
    close: async () => {
      await ledger.close()
      await stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}
