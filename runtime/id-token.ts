import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { AppError } from '../schema/http/errors.ts'

export interface IdTokenRules {
  /** Where Google publishes its certificates as a JWKS (locally: the metadata server's double). */
  jwksUrl: string
  issuer: string
  /** Our own address, as callers name it. */
  audience: string
}

/** The e-mail of the service account that a verified ID token speaks for. */
export type VerifyIdToken = (token: string) => Promise<string>

/**
 * Verifies Google ID tokens (RS256), which services and Pub/Sub's push send. The returned function throws `unauthenticated` for a
 * token that has expired, is for another audience or names no verified account, and `unavailable` while Google's certificates
 * cannot be fetched.
 */
export function idTokenVerifier({ jwksUrl, issuer, audience }: IdTokenRules): VerifyIdToken {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return async token => {
    const verified = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['sub', 'exp', 'iat', 'email'],
    }).catch((error: unknown) => {
      if (areKeysMissing(error)) {
        throw new AppError('unavailable', 'Service tokens cannot be checked at the moment. Try again.', {
          cause: error,
        })
      }
      throw new AppError('unauthenticated', 'The service token is not valid.', { cause: error })
    })
    const { email, email_verified: isVerified } = verified.payload
    if (typeof email !== 'string' || isVerified !== true) {
      throw new AppError('unauthenticated', 'The service token names no verified account.')
    }
    return email
  }
}

/** True when it was Google's certificates that could not be had: the token may be good. */
function areKeysMissing(error: unknown): boolean {
  const code = error instanceof errors.JOSEError ? error.code : null
  return code === null || code === errors.JWKSTimeout.code || code === errors.JOSEError.code
}

/** Gives the headers that prove who we are to the service at `audience`. */
export type ServiceHeaders = (audience: string) => Promise<Record<string, string>>

/** ID tokens of our own service account, from the metadata server; google-auth-library caches and renews them. */
export async function serviceHeaders(): Promise<ServiceHeaders> {
  const { GoogleAuth } = await import('google-auth-library')
  const auth = new GoogleAuth()
  const clients = new Map<string, ReturnType<typeof auth.getIdTokenClient>>()
  return async audience => {
    let client = clients.get(audience)
    if (!client) {
      client = auth.getIdTokenClient(audience)
      clients.set(audience, client)
    }
    const headers = await (await client).getRequestHeaders()
    return { authorization: headers.get('authorization') ?? '' }
  }
}

/** Takes the token out of an Authorization header, or throws `unauthenticated`. */
export function bearer(header: string | undefined): string {
  const match = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header ?? '')
  if (!match?.[1]) throw new AppError('unauthenticated', 'Send your token as "Authorization: Bearer TOKEN".')
  return match[1]
}
