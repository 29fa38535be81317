import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../schema/http/errors.ts'
import type { WebCaller } from './caller.ts'

interface Provenance {
  origin: string | undefined
  /** Sec-Fetch-Site, which every present browser sends over HTTPS and to localhost. */
  fetchSite: string | undefined
}

/**
 * Refuses a request that comes from a page of another origin. Clients other than browsers send neither header; a browser sends no Origin
 * with a GET to the page's own origin. Errors: csrf_required.
 */
export function requireSameOrigin({ protocol, host }: WebCaller, { origin, fetchSite }: Provenance): void {
  const isForeign = origin !== undefined && origin.toLowerCase() !== `${protocol}://${host}`
  const isCrossSite = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'
  if (!isForeign && !isCrossSite) return
  throw new AppError('csrf_required', 'This request came from another page. Open the printer’s page itself.')
}

/** The value that only a page of our origin can read, for one cookie. Nothing is stored for it. */
export function csrfOf(key: Buffer, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest('base64url')
}

/** Errors: csrf_required. */
export function requireCsrf(expected: string | null, given: string | undefined): void {
  const actual = Buffer.from(given ?? '')
  const wanted = Buffer.from(expected ?? '')
  if (expected !== null && actual.length === wanted.length && timingSafeEqual(actual, wanted)) return
  throw new AppError('csrf_required', 'Send the value "csrf" of api/session in the header x-lmnt-csrf.')
}
