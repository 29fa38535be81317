/**
 * The marketplace's context for a test: a real database of its own, a clock that the test moves, random bytes that repeat.
 * A part that the test did not pass in throws when used, so that no test passes by accident.
 */
import { createHash } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import type { Actor } from '../../bff/actor.ts'
import type { Context } from '../../bff/context.ts'
import { handlers } from '../../bff/services/handlers.ts'
import type { Settings } from '../../bff/settings.ts'
import type { SigningKey } from '../../bff/tokens/keys.ts'
import { createTokens } from '../../bff/tokens/tokens.ts'
import { startWake } from '../../bff/wake.ts'
import { silentLog } from '../../runtime/log.ts'
import * as tables from '../../schema/db/bff/index.ts'
import type { Role } from '../../schema/http/auth.ts'
import { newId, type RandomBytes } from '../../schema/http/ids.ts'
import { makeDatabase, type TestDatabase } from './database.ts'

export interface TestContext {
  /** Nobody is logged in: see `as`. */
  ctx: Context
  db: Context['db']
  sql: TestDatabase<typeof tables>['sql']
  database: TestDatabase<typeof tables>
  clock: TestClock
  /** The same context as this actor. */
  as: (actor: Actor) => Context
  /** The same context for a new person of this role. */
  newUser: (role?: Role) => Promise<{ userId: string; ctx: Context }>
  close: () => Promise<void>
}

export interface TestClock {
  now: () => Date
  /** Moves the clock on. */
  pass: (ms: number) => void
}

export const testSettings: Settings = {
  environment: 'test',
  marketplaceUrl: 'http://marketplace.test',
  cwsUrl: 'http://cws.test',
  slicerUrl: 'http://slicer.test',
  network: 'local',
  operatorId: '0.0.2',
  topicId: '0.0.1001',
  feeAccountId: '0.0.1002',
  bucketName: 'lmnt-test',
  slicerServiceAccount: 'slicer@test.iam.gserviceaccount.com',
  pushServiceAccount: 'push@test.iam.gserviceaccount.com',
  schedulerServiceAccount: 'scheduler@test.iam.gserviceaccount.com',
  printTokenId: undefined,
  slicingFees: { hbar: 50_000_000n },
  gcodeTtlHours: 24,
  sliceCacheBytes: 2 ** 30,
  sliceCacheHours: 168,
  autoPrepare: true,
  attemptsLimit: 5,
  passwordCost: 1,
  printersLimit: 100,
  uploadsPerDay: 100,
  profilesLimit: 200,
  printersPerDay: 20,
  modelsPerDay: 20,
  sessionsLimit: 50,
  cancelledCountsFrom: null,
  jobLeaseSeconds: 60,
  preparationLeaseSeconds: 120,
  longPollMaxSeconds: 25,
  purchaseWaitSeconds: 10,
  printingMaxDays: 7,
  timeScale: 1,
  trustedProxies: 0,
}

export interface MakeContext extends Partial<Omit<Context, 'settings' | 'clock' | 'db' | 'actor'>> {
  settings?: Partial<Settings>
  /** A fixed start of the clock. Without one, the clock is the real time plus the time that the test adds. */
  startAt?: Date
  /** A clock that other parts share. */
  clock?: TestClock
  seed?: string
  /** Signs the tokens and grants. */
  key?: SigningKey
  /** True: long polls of this context are woken by the database's notifications. */
  wakes?: boolean
}

export async function makeContext(options: MakeContext = {}): Promise<TestContext> {
  const {
    settings,
    startAt,
    clock = testClock(startAt),
    seed = 'lmnt',
    key = await makeSigningKey(),
    wakes = false,
    ...parts
  } = options
  const database = await makeDatabase({ migrations: 'schema/db/migrations', tables })
  const wake = wakes ? await startWake(database) : undefined
  const allSettings = { ...testSettings, ...settings }
  const ctx: Context = {
    db: database.db as unknown as Context['db'],
    clock: clock.now,
    random: seededRandom(seed),
    log: silentLog,
    settings: allSettings,
    tokens: createTokens(key, allSettings.marketplaceUrl, clock.now),
    cws: notHere('cws'),
    ledger: notHere('ledger'),
    bucket: notHere('bucket'),
    publish: notHere('publish'),
    inspect: notHere('inspect'),
    hasEngine: async name => name === 'three',
    checkProfile: async () => ({ warnings: [], faults: [] }),
    readProfile: notHere('readProfile'),
    wake: wake ?? notHere('wake'),
    leasedRequests: new Set(),
    handlers,
    actor: null,
    ...parts,
  }
  const as = (actor: Actor): Context => ({ ...ctx, actor })

  async function newUser(role: Role = 'enthusiast') {
    const userId = newId('user', ctx.random)
    await ctx.db.insert(tables.users).values({
      userId,
      email: `${userId}@example.com`,
      passwordHash: 'none: cannot log in',
      role,
      createdAt: ctx.clock(),
    })
    return { userId, ctx: as({ kind: 'user', userId, role }) }
  }

  async function close(): Promise<void> {
    await wake?.close()
    await database.drop()
  }

  return { ctx, db: ctx.db, sql: database.sql, database, clock, as, newUser, close }
}

export function testClock(startAt?: Date): TestClock {
  let passed = 0
  const start = startAt?.getTime()
  return {
    now: () => new Date((start ?? Date.now()) + passed),
    pass: ms => {
      passed += ms
    },
  }
}

/** Pseudo-random bytes: the same for each run with a seed, and without repetition within a run. */
export function seededRandom(seed: string): RandomBytes {
  let count = 0
  return length => {
    const blocks: Buffer[] = []
    for (let size = 0; size < length; size += 32) {
      blocks.push(createHash('sha256').update(`${seed}/${count}`).digest())
      count += 1
    }
    return Buffer.concat(blocks).subarray(0, length)
  }
}

/** Stands for a part that the test did not pass in: any use throws and names the part. */
function notHere<T extends object>(name: string): T {
  const fail = () => {
    throw new Error(`this test has no ${name}: hand one to makeContext`)
  }
  return new Proxy(fail as unknown as T, { get: fail, apply: fail })
}

export async function makeSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA')
  return {
    kid: 'test',
    privateKey,
    publicKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA' },
  }
}
