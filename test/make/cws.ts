/**
 * The Custodial Wallet Service for a test: a real database, real token verifiers, keys of its own. Google and the bff are
 * two JWKS on a local port; the ledger is what the test hands in.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { createTokens, type Tokens } from '../../bff/tokens/tokens.ts'
import { createCws } from '../../cws/app.ts'
import type { CwsParts, CwsSettings } from '../../cws/context.ts'
import { grantVerifier } from '../../cws/grant.ts'
import { createKeyring, readKeyring } from '../../cws/keys/keyring.ts'
import { idTokenVerifier } from '../../runtime/id-token.ts'
import { listen } from '../../runtime/serve.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { makeDatabase, type TestDatabase } from './database.ts'
import { makeSigningKey, seededRandom, type TestClock, testClock } from './market.ts'

export const serviceAccounts = {
  bff: 'bff@test.iam.gserviceaccount.com',
  operator: 'operator@test.iam.gserviceaccount.com',
  slicer: 'slicer@test.iam.gserviceaccount.com',
  stranger: 'stranger@test.iam.gserviceaccount.com',
} as const

export interface Answer {
  status: number
  body: Record<string, unknown>
}

export interface TestCws {
  /** To be served, where a test wants it on a port. */
  app: ReturnType<typeof createCws>
  parts: CwsParts
  db: CwsParts['db']
  sql: TestDatabase<never>['sql']
  /** Its database, to be opened once more as another process would. */
  at: TestDatabase<never>['at']
  clock: TestClock
  random: RandomBytes
  /** Every 32 random bytes that it drew: its KEKs and private keys are among them. */
  secrets: () => Buffer[]
  /** POST /ops/<operation> with this token. */
  call: (operation: string, body: unknown, token?: string | null) => Promise<Answer>
  /** The answer's body when it is 200; else fails with its code. */
  succeed: (operation: string, body: unknown, token: string) => Promise<Record<string, unknown>>
  idToken: (email: string, claims?: Record<string, unknown>) => Promise<string>
  /** Tokens and grants as the bff makes them. */
  tokens: Tokens
  /** Signs any claims with the bff's key. */
  signAsBff: (claims: object) => Promise<string>
  /** The address that grants must name as their issuer. */
  issuer: string
  /** Everything that was logged, as one text. */
  logged: () => string
  close: () => Promise<void>
}

export interface MakeCws extends Partial<Pick<CwsParts, 'ledger' | 'operatorKey'>> {
  settings?: Partial<CwsSettings>
  clock?: TestClock
}

const audience = 'http://cws.test'
const issuer = 'http://marketplace.test'

export async function makeCws({ settings, ledger, operatorKey, clock = testClock() }: MakeCws = {}): Promise<TestCws> {
  const database = await makeDatabase({ migrations: 'schema/db/migrations-cws' })
  const seeded = seededRandom('cws')
  const drawn: Buffer[] = []
  const random: RandomBytes = length => {
    const bytes = seeded(length)
    drawn.push(Buffer.from(bytes))
    return bytes
  }
  const google = await makeGoogle()
  const bffKey = await makeSigningKey()
  const jwks = await listen({
    fetch: request =>
      Response.json(request.url.endsWith('/google') ? google.jwks : { keys: [bffKey.publicJwk] }, { status: 200 }),
  })
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-cws-'))
  createKeyring(join(folder, 'keyring.json'), random, clock.now())

  const parts: CwsParts = {
    db: database.db,
    clock: clock.now,
    random,
    keyring: readKeyring(join(folder, 'keyring.json')),
    operatorKey: operatorKey ?? random(32),
    ledger: ledger ?? noLedger(),
    settings: {
      operatorId: '0.0.2',
      topicId: '0.0.1001',
      dailyCaps: { hbar: 1_000_000_000n, print: 1_000_000n },
      printTokenId: undefined,
      openingsPerJob: 100,
      operatorServiceAccount: serviceAccounts.operator,
      bffServiceAccount: serviceAccounts.bff,
      slicerServiceAccount: serviceAccounts.slicer,
      ...settings,
    },
  }
  const lines: string[] = []
  const app = createCws({
    ...parts,
    log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    verifyIdToken: idTokenVerifier({ jwksUrl: `${jwks.url}/google`, issuer: google.issuer, audience }),
    verifyGrant: grantVerifier({ jwksUrl: `${jwks.url}/bff`, issuer, clock: clock.now }),
    ready: async () => {},
  })

  const call: TestCws['call'] = async (operation, body, token) => {
    const response = await app.request(`/ops/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  return {
    app,
    parts,
    db: database.db,
    sql: database.sql,
    at: database.at,
    clock,
    random,
    secrets: () => drawn.filter(bytes => bytes.length === 32),
    call,
    succeed: async (operation, body, token) => {
      const answer = await call(operation, body, token)
      if (answer.status !== 200) throw new Error(`${operation}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    idToken: google.idToken,
    tokens: createTokens(bffKey, issuer, clock.now),
    signAsBff: claims =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: bffKey.kid }).sign(bffKey.privateKey),
    issuer,
    logged: () => lines.join(''),
    close: async () => {
      await jwks.close(0)
      await database.drop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Signs ID tokens as the metadata server gives them. */
async function makeGoogle() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const issuer = 'https://accounts.google.test'
  const idToken = (email: string, claims: Record<string, unknown> = {}) =>
    new SignJWT({ email, email_verified: true, aud: audience, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'google' })
      .setSubject('1234567890')
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)
  return { issuer, idToken, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'google', alg: 'RS256' }] } }
}

function noLedger(): CwsParts['ledger'] {
  return new Proxy({} as CwsParts['ledger'], {
    get: () => {
      throw new Error('this test has no ledger: hand one to makeCws')
    },
  })
}
