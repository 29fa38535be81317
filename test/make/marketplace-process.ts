import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigningKey, readSigningKey } from '../../bff/tokens/keys.ts'
import { startGoogle } from '../../local/google/start.ts'
import { cloud, setUpTopics } from '../../local/stack/cloud.ts'
import { makeContext, type TestContext } from './market.ts'

export interface Instance {
  url: string
  child: ChildProcess
  /** Resolves when the process is gone. */
  ended: Promise<unknown>
  /** All that it has written. */
  said: () => string
}

export interface Instances {
  /** The same database and token key, for what a test writes and reads by itself. */
  market: TestContext
  instances: Instance[]
  /** An ID token of one of the cloud's accounts, for the marketplace. */
  serviceToken: (email: string) => Promise<string>
  /** The storage of the instances, and the environment in which a client of it finds their account. */
  storage: { url: string; environment: Record<string, string> }
  close: () => Promise<void>
}

const marketplaceUrl = 'http://marketplace.test'

/**
 * Starts `count` real processes of the marketplace over one database. Ledger, CWS and slicer are out of their reach, unless
 * `changes` of the environment say where they are. Rejects with all that a process has written when it does not start.
 */
export async function startInstances(count: number, changes: Record<string, string> = {}): Promise<Instances> {
  process.env.METADATA_SERVER_DETECTION = 'none'
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-instances-'))
  const keyFile = join(folder, 'token.jwk')
  await createSigningKey(keyFile, 'test')
  const market = await makeContext({ key: await readSigningKey(keyFile), settings: { marketplaceUrl } })
  const google = await startGoogle({
    dataDir: join(folder, 'google'),
    projectId: cloud.projectId,
    serviceAccounts: [
      { name: 'bff', email: cloud.accounts.bff },
      { name: 'push', email: cloud.accounts.push },
    ],
    buckets: [
      {
        name: cloud.bucket,
        grants: [
          { member: cloud.accounts.bff, role: 'objectAdmin' },
          { member: cloud.accounts.bff, role: 'bucketViewer' },
        ],
      },
    ],
  })
  const nowhere = 'http://127.0.0.1:9'
  await setUpTopics(google.pubsubHost, { bff: nowhere, slicer: nowhere })
  const { host, database, user } = market.database.at
  const env = {
    PATH: process.env.PATH ?? '',
    ...google.environments.bff,
    GOOGLE_JWKS_URL: google.jwksUrl,
    GOOGLE_ISSUER: google.issuer,
    STORAGE_API_ENDPOINT: google.storageUrl,
    PORT: '0',
    LOG_LEVEL: 'info',
    MARKETPLACE_URL: marketplaceUrl,
    CWS_URL: nowhere,
    SLICER_URL: nowhere,
    TOKEN_KEY_FILE: keyFile,
    DATABASE_HOST: host,
    DATABASE_NAME: database,
    DATABASE_USER: user,
    ENVIRONMENT: cloud.environment,
    BUCKET_NAME: cloud.bucket,
    SLICER_SERVICE_ACCOUNT: cloud.accounts.slicer,
    PUSH_SERVICE_ACCOUNT: cloud.accounts.push,
    SCHEDULER_SERVICE_ACCOUNT: cloud.accounts.scheduler,
    LEDGER_NETWORK: 'local',
    LEDGER_NODES: '127.0.0.1:9=0.0.3',
    LEDGER_MIRROR_URL: nowhere,
    LEDGER_OPERATOR_ID: '0.0.2',
    LEDGER_TOPIC_ID: '0.0.1001',
    FEE_ACCOUNT_ID: '0.0.1002',
    SLICING_FEE_TINYBAR: '0',
    PASSWORD_COST: '1',
    ...changes,
  }
  const closeAround = async () => {
    await google.close()
    await market.close()
    rmSync(folder, { recursive: true })
  }
  const instances = await Promise.all(Array.from({ length: count }, () => start(env))).catch(async error => {
    await closeAround()
    throw error
  })
  return {
    market,
    instances,
    serviceToken: email => google.issueIdToken(email, marketplaceUrl),
    storage: { url: google.storageUrl, environment: google.environments.bff ?? {} },
    close: async () => {
      for (const { child, ended } of instances) {
        child.kill('SIGKILL')
        await ended
      }
      await closeAround()
    },
  }
}

async function start(env: Record<string, string>): Promise<Instance> {
  const child = spawn(process.execPath, ['dist/bff.js'], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const ended = once(child, 'exit')
  let said = ''
  const url = await new Promise<string>((found, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      const match = /"url":"(http:[^"]+)"/.exec(said)
      if (match?.[1]) found(match[1])
    }
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    void once(child, 'close').then(() => reject(new Error(`the marketplace did not start: ${said}`)))
  })
  return { url, child, ended, said: () => said }
}
