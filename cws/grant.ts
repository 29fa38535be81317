import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import type { KeyContext } from '../schema/http/cws.ts'
import { AppError } from '../schema/http/errors.ts'
import { grantClaims, grantLifeS, tokenAudience } from '../schema/http/tokens.ts'

export interface GrantRules {
  /** The address of the bff's public keys. */
  jwksUrl: string
  /** The bff's own address, expected in `iss`. */
  issuer: string
  clock: () => Date
}

export interface Grant {
  /** The printer's id, or the slicer. */
  holder: string
  /** The print job, preparation or model that the grant is for. */
  job: string
  contexts: KeyContext[]
}

/** The largest accepted difference between the bff's clock and ours. */
const clockSkewS = 60

export type VerifyGrant = (token: string) => Promise<Grant>

// These errors mean an invalid token. Any other error means that the bff's keys could not be fetched.
const refusals = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

/**
 * Verifies the bff's grants (cws_token): signed with EdDSA, for this service, not expired, with the agreed claims. Separate
 * from the verifier of ID tokens, so that neither kind of token passes for the other. Refuses a grant whose lifetime exceeds
 * `grantLifeS`.
 * The returned function throws `unauthenticated`, or `unavailable` while the bff's keys cannot be fetched.
 */
export function grantVerifier({ jwksUrl, issuer, clock }: GrantRules): VerifyGrant {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return async token => {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['EdDSA'],
      issuer,
      audience: tokenAudience.cws,
      requiredClaims: ['sub', 'exp', 'iat'],
      currentDate: clock(),
    }).catch((error: unknown) => {
      if (!refusals.some(kind => error instanceof kind)) {
        throw new AppError('unavailable', 'Grants cannot be verified at the moment. Try again later.', { cause: error })
      }
      throw new AppError('unauthenticated', 'The grant is invalid or has expired. Ask the marketplace for a new one.', {
        cause: error,
      })
    })
    const claims = hasShortLife(payload, clock()) ? grantClaims.safeParse(payload) : { success: false as const }
    if (!claims.success)
      throw new AppError('unauthenticated', 'The grant is invalid or has expired. Ask the marketplace for a new one.')
    return { holder: claims.data.sub, job: claims.data.job, contexts: claims.data.contexts }
  }
}

/** True when neither the whole lifetime nor the remaining time, which a future `iat` could extend, is too long. */
function hasShortLife({ iat, exp }: JWTPayload, now: Date): boolean {
  if (iat === undefined || exp === undefined) return false
  return exp - iat <= grantLifeS && exp - now.getTime() / 1000 <= grantLifeS + clockSkewS
}
