import { hash } from 'node:crypto'
import { errors, type JWK, type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { scaled } from '../../runtime/time-scale.ts'
import type { Role } from '../../schema/http/auth.ts'
import type { KeyContext } from '../../schema/http/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import {
  type DeviceClaims,
  deviceClaims,
  grantLifeS,
  printerClaims,
  tokenAudience,
  userClaims,
} from '../../schema/http/tokens.ts'
import type { Actor } from '../actor.ts'
import type { SigningKey } from './keys.ts'

const lifetime = { user: 3600, printer: 30 * 24 * 3600, device: 180 * 24 * 3600, grant: grantLifeS } as const

export interface Issued {
  token: string
  expiresIn: number
}

export interface Tokens {
  forUser: (userId: string, role: Role, sessionId?: string) => Promise<Issued>
  forPrinter: (printerId: string, userId: string, version: number) => Promise<Issued>
  /** A grant for the CWS: `subject` may open the contexts for this job or preparation. */
  grant: (subject: string, job: string, contexts: KeyContext[]) => Promise<Issued>
  forDevice: (claims: DeviceClaims) => Promise<string>
  /** Null for a device token that is invalid or has expired. */
  readDevice: (token: string) => Promise<DeviceClaims | null>
  /** The actor of a marketplace token. Throws unauthenticated or token_expired. */
  verify: (token: string) => Promise<Actor>
  jwks: () => { keys: JWK[] }
}

// Verifying costs about 0.3 ms. Caching it for a minute is safe: revocation is checked in the database each time.
const rememberMs = 60_000
const rememberMost = 10_000

const claims = z.discriminatedUnion('role', [
  userClaims.extend({ role: z.literal('designer') }),
  userClaims.extend({ role: z.literal('enthusiast') }),
  printerClaims,
])

/** Our tokens: EdDSA, one key, with our address as `iss`. */
export function createTokens(key: SigningKey, issuer: string, clock: () => Date, timeScale = 1): Tokens {
  const remembered = new Map<string, { actor: Actor; until: number }>()

  async function issue(audience: string, life: number, payload: Record<string, unknown>): Promise<Issued> {
    const seconds = Math.ceil(scaled(life, { timeScale }))
    const now = Math.floor(clock().getTime() / 1000)
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(key.privateKey)
    return { token, expiresIn: seconds }
  }

  async function verifySignature(token: string, audience: string, requiredClaims: string[]): Promise<JWTPayload> {
    const findKey = (header: JWTHeaderParameters) => {
      if (header.kid !== key.kid) throw new errors.JWKSNoMatchingKey()
      return key.publicKey
    }
    const rules = { algorithms: ['EdDSA'], issuer, audience, requiredClaims, currentDate: clock() }
    return (await jwtVerify(token, findKey, rules)).payload
  }

  async function verify(token: string): Promise<Actor> {
    const now = clock().getTime()
    const digest = hash('sha256', token)
    const known = remembered.get(digest)
    if (known && known.until > now) return known.actor
    const required = ['sub', 'exp', 'role']
    const payload = await verifySignature(token, tokenAudience.marketplace, required).catch((error: unknown) => {
      throw error instanceof errors.JWTExpired
        ? new AppError('token_expired', 'Your token has expired: log in again, or renew it.')
        : new AppError('unauthenticated', 'Your token is not valid: log in again.', { cause: error })
    })
    const parsed = claims.safeParse(payload)
    if (!parsed.success) throw new AppError('unauthenticated', 'Your token is not valid: log in again.')
    const actor = toActor(parsed.data)
    if (remembered.size >= rememberMost) remembered.clear()
    remembered.set(digest, { actor, until: Math.min(now + rememberMs, Number(payload.exp) * 1000) })
    return actor
  }

  return {
    forUser: (userId, role, session) => issue(tokenAudience.marketplace, lifetime.user, { sub: userId, role, session }),
    forPrinter: (printerId, userId, version) =>
      issue(tokenAudience.marketplace, lifetime.printer, { sub: printerId, role: 'printer', user_id: userId, version }),
    grant: (subject, job, contexts) =>
      issue(tokenAudience.cws, lifetime.grant, { sub: subject, role: 'grant', job, contexts }),
    forDevice: async claims => (await issue(tokenAudience.device, lifetime.device, claims)).token,
    readDevice: async token => {
      const payload = await verifySignature(token, tokenAudience.device, ['sub', 'exp']).catch(() => null)
      return deviceClaims.safeParse(payload).data ?? null
    },
    verify,
    jwks: () => ({ keys: [key.publicJwk] }),
  }
}

function toActor(payload: z.infer<typeof claims>): Actor {
  if (payload.role !== 'printer') {
    return { kind: 'user', userId: payload.sub, role: payload.role, sessionId: payload.session }
  }
  return { kind: 'printer', printerId: payload.sub, userId: payload.user_id, version: payload.version }
}
