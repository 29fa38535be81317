import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createKeyring } from '../../cws/keys/keyring.ts'
import { createOperatorKey } from '../../cws/keys/operator-key.ts'
import { makeDatabase, type TestDatabase } from '../make/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'lmnt-cws-process-'))
const keyring = join(folder, 'keyring.json')
const operatorKey = join(folder, 'operator.key')
const feeAccount = '0.0.1234'

let database: TestDatabase<Record<string, never>>
let env: Record<string, string>

const test = suite('the Custodial Wallet Service as a process')
test.before(async () => {
  createKeyring(keyring, randomBytes, new Date())
  createOperatorKey(operatorKey, randomBytes)
  database = await makeDatabase({ migrations: 'schema/db/migrations-cws' })
  const { host, database: name, user } = database.at
  env = {
    PATH: process.env.PATH ?? '',
    PORT: '0',
    CWS_DATABASE_HOST: host,
    CWS_DATABASE_NAME: name,
    CWS_DATABASE_USER: user,
    CWS_URL: 'http://cws.test',
    BFF_ISSUER: 'http://marketplace.test',
    BFF_JWKS_URL: 'http://marketplace.test/.well-known/jwks.json',
    BFF_SERVICE_ACCOUNT: 'bff@test.iam.gserviceaccount.com',
    SLICER_SERVICE_ACCOUNT: 'slicer@test.iam.gserviceaccount.com',
    CWS_KEYRING_FILE: keyring,
    CWS_OPERATOR_KEY_FILE: operatorKey,
    CWS_DAILY_CAP_TINYBAR: '100000000000',
    FEE_ACCOUNT_ID: feeAccount,
    LEDGER_NETWORK: 'local',
    LEDGER_NODES: '127.0.0.1:4401=0.0.3',
    LEDGER_MIRROR_URL: 'http://127.0.0.1:4402',
    LEDGER_OPERATOR_ID: '0.0.2',
    LEDGER_TOPIC_ID: '0.0.1001',
  }
})
test.after(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

interface Started {
  child: ChildProcess
  said: () => string
  /** Resolves with what the first match of the pattern captured; rejects when the process ends without it. */
  untilSaid: (pattern: RegExp) => Promise<string>
  ended: Promise<number | null>
}

function start(program: 'cws' | 'cws-operator', words: string[] = [], changes: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [`dist/${program}.js`, ...words], {
    env: { ...env, ...changes },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const collect = (chunk: Buffer) => {
    text += chunk
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const untilSaid = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(text)
        if (match) resolve(match[1] ?? match[0])
      }
      child.stdout.on('data', look)
      void ended.then(code => reject(new Error(`it ended with ${code}: ${text}`)))
      look()
    })
  return { child, said: () => text, untilSaid, ended }
}

const payees = async () =>
  [...(await database.sql`SELECT account_id, kind FROM payees ORDER BY account_id`)].map(row => Object.values(row))

test('an operator puts an account on the list of payees', async () => {
  const { ended, said } = start('cws-operator', ['add-payee', '0.0.77'])
  assert.is(await ended, 0, said())
  assert.equal(await payees(), [['0.0.77', 'operator_added']])
  const [audited] = await database.sql`SELECT operation, caller, subject, outcome FROM audit_log`
  assert.equal(audited, { operation: 'add-payee', caller: 'operator', subject: '0.0.77', outcome: 'ok' })
})

test('the CWS starts, answers, and stops at SIGTERM; the fee account is a payee', async () => {
  const service = start('cws')
  const url = await service.untilSaid(/"url":"(http:[^"]+)"/)
  assert.is((await fetch(`${url}/readyz`)).status, 200)
  assert.is((await fetch(`${url}/ops/decrypt-data`, { method: 'POST' })).status, 401)
  assert.equal(await payees(), [
    [feeAccount, 'fee'],
    ['0.0.77', 'operator_added'],
  ])
  service.child.kill('SIGTERM')
  assert.is(await service.ended, 0)
})

test('with the variables of Cloud Run it listens where the platform reaches it, and says where', async () => {
  const service = start('cws', [], { K_SERVICE: 'cws' })
  const port = await service.untilSaid(/the CWS listens at http:\/\/0\.0\.0\.0:(\d+)/)
  assert.is((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
  service.child.kill('SIGTERM')
  assert.is(await service.ended, 0)
})

test('the CWS refuses to start with a key file that others can read, and says why', async () => {
  chmodSync(keyring, 0o644)
  const { ended, said } = start('cws')
  assert.is(await ended, 1)
  assert.match(said(), 'keyring.json is accessible to other users. Run: chmod 600 ')
})

test.run()
