import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectLedger, type Ledger } from '../../../ledger/connect.ts'
import { publicKeyOf } from '../../../ledger/keys.ts'
import { addSignatures } from '../../../ledger/sign.ts'
import { seededRandom } from '../../make/market.ts'

const random = seededRandom('hedera process')
const operatorKey = random(32)
const genesis = { accountId: '0.0.2', publicKey: publicKeyOf(operatorKey) }

interface Addresses {
  grpcAddress: string
  nodeId: string
  mirrorUrl: string
}

const test = suite<{ dataDir: string }>('hedera: the process')

test.before(context => {
  context.dataDir = mkdtempSync(join(tmpdir(), 'lmnt-hedera-process-'))
})

test.after(({ dataDir }) => {
  rmSync(dataDir, { recursive: true })
})

test('what was answered survives kill -9', async ({ dataDir }) => {
  const first = await launch({ dataDir, genesis })
  const ledger = await connect(first.addresses)
  const sent: string[] = []
  for (let count = 0; count < 20; count++) sent.push(await sendMoney(ledger))
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await ledger.close()

  const second = await launch({ dataDir, genesis })
  const again = await connect(second.addresses)
  for (const id of sent) assert.is((await again.receipt(id)).status, 'settled')
  assert.is(await again.balance('0.0.98'), 20n * 100_000n + 20n)
  await again.close()
  second.child.kill('SIGTERM')
  const [code] = await once(second.child, 'exit')
  assert.is(code, 0)
})

test('a taken port and a wrong configuration end it with a message', async ({ dataDir }) => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as { port: number }
  assert.match(await failure({ dataDir, genesis, grpcPort: port }), /EADDRINUSE/)
  assert.match(await failure({ dataDir }), /LMNT_HEDERA_CONFIG/)
  blocker.close()
})

function start(config: object): ChildProcess {
  const env = { PATH: process.env.PATH, LMNT_HEDERA_CONFIG: JSON.stringify(config) }
  return spawn(process.execPath, ['dist/local-hedera.js'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function launch(config: object): Promise<{ child: ChildProcess; addresses: Addresses }> {
  const child = start(config)
  for await (const line of createInterface(child.stdout!)) {
    if (line.startsWith('ready ')) return { child, addresses: JSON.parse(line.slice('ready '.length)) as Addresses }
  }
  throw new Error('it ended before it was ready')
}

/** What it says when it does not come up. */
async function failure(config: object): Promise<string> {
  const child = start(config)
  let said = ''
  child.stderr!.on('data', chunk => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  assert.is(code, 1)
  return said
}

function connect({ grpcAddress, nodeId, mirrorUrl }: Addresses): Promise<Ledger> {
  return connectLedger({
    network: 'local',
    nodes: { [grpcAddress]: nodeId },
    mirrorUrl,
    operatorId: genesis.accountId,
    clock: () => new Date(),
    random,
    timeoutMs: 5000,
  })
}

async function sendMoney(ledger: Ledger): Promise<string> {
  const transfers = [
    { account: '0.0.2', units: -1n },
    { account: '0.0.98', units: 1n },
  ]
  const built = await ledger.buildTransfer({ transfers, memo: '' })
  const sent = await ledger.submit(addSignatures(built.bytes, [operatorKey]))
  assert.is(sent.status, 'accepted')
  return built.transactionId
}

test.run()
