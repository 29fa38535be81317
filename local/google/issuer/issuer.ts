import { createHash } from 'node:crypto'
import { type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import type { IssuerKeys } from './keys.ts'

export interface TokenIssuer {
  /** The `iss` of ID tokens, as Google writes it. */
  issuer: string
  jwks: JSONWebKeySet
  hasAccount: (email: string) => boolean
  /** An ID token (RS256, 1 h) of the account `email` for `audience`. */
  idToken: (email: string, audience: string) => Promise<string>
  accessToken: (email: string) => Promise<AccessToken>
  /** The account of a valid access token; undefined for any other text. */
  accountOf: (accessToken: string) => Promise<string | undefined>
}

export interface AccessToken {
  token: string
  expiresInSeconds: number
}

const lifetimeSeconds = 3600
const accessPrefix = 'ya29.'
const accessAudience = 'https://www.googleapis.com/'

/** Issues tokens for service accounts, as Google's token services do. One issuer serves all doubles. */
export function tokenIssuer(keys: IssuerKeys, emails: readonly string[], clock: () => Date): TokenIssuer {
  const issuer = 'https://accounts.google.com'
  const accounts = new Set(emails)
  const nowSeconds = () => Math.floor(clock().getTime() / 1000)

  return {
    issuer,
    jwks: { keys: [keys.publicJwk] },
    hasAccount: email => accounts.has(email),

    idToken(email, audience) {
      const sub = accountNumber(email)
      const now = nowSeconds()
      return new SignJWT({ azp: sub, email, email_verified: true })
        .setProtectedHeader({ alg: 'RS256', kid: keys.keyId, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(sub)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(keys.privateKey)
    },

    async accessToken(email) {
      const now = nowSeconds()
      const jwt = await new SignJWT({ email })
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience(accessAudience)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(keys.accessSecret)
      return { token: accessPrefix + jwt, expiresInSeconds: lifetimeSeconds }
    },

    async accountOf(token) {
      if (!token.startsWith(accessPrefix)) return undefined
      const rules = { algorithms: ['HS256'], audience: accessAudience, currentDate: clock(), requiredClaims: ['exp'] }
      const verified = await jwtVerify(token.slice(accessPrefix.length), keys.accessSecret, rules).catch(
        () => undefined,
      )
      const email = verified?.payload.email
      return typeof email === 'string' && accounts.has(email) ? email : undefined
    },
  }
}

/** A stable number of 21 digits, as Google numbers accounts. */
function accountNumber(email: string): string {
  const digest = createHash('sha256').update(email).digest('hex')
  return `1${(BigInt(`0x${digest}`) % 10n ** 20n).toString().padStart(20, '0')}`
}
