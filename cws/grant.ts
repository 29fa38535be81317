import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import type { KeyContext } from '../schema/http/cws.ts'
import { AppError } from '../schema/http/errors.ts'
import { grantClaims, grantLifeS, tokenAudience } from '../schema/http/tokens.ts'

export interface GrantRules {
  /** The bff's published keys. */
  jwksUrl: string
  /** The bff's own address, as it stands in `iss`. */
  issuer: string
  clock: () => Date
}

export interface Grant {
  /** A printer or the slicer. */
  holder: string
  /** The print job or preparation that it was given for. */
  job: string
  contexts: KeyContext[]
}

/** The bff's clock and ours may differ by so much. */
const clockSkewS = 60

export type VerifyGrant = (token: string) => Promise<Grant>

// A token that breaks one of these is refused; any other failure means that the bff's keys could not be had.
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
 * Verifies the bff's grants (cws_token): EdDSA only, for this service only, current, and of the shape agreed. Shares
 * nothing with the verifier of services' ID tokens, so that neither kind of token passes as the other. A grant that was made
 * for longer than `grantLifeS` is refused, however long it still has.
 * The function throws `unauthenticated`, or `unavailable` while the bff's keys cannot be fetched: then the grant may be good.
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
        throw new AppError('unavailable', 'Grants cannot be checked at the moment. Try again.', { cause: error })
      }
      throw new AppError('unauthenticated', 'The grant is not valid, or is over.', { cause: error })
    })
    const claims = isShort(payload, clock()) ? grantClaims.safeParse(payload) : { success: false as const }
    if (!claims.success) throw new AppError('unauthenticated', 'The grant is not valid, or is over.')
    return { holder: claims.data.sub, job: claims.data.job, contexts: claims.data.contexts }
  }
}

/** Neither made for too long, nor (with an `iat` of the future) usable for too long from now. */
function isShort({ iat, exp }: JWTPayload, now: Date): boolean {
  if (iat === undefined || exp === undefined) return false
  return exp - iat <= grantLifeS && exp - now.getTime() / 1000 <= grantLifeS + clockSkewS
}
