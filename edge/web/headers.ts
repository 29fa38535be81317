import type { MiddlewareHandler } from 'hono'
import type { WebEnv } from './env.ts'

/** Headers of every answer. Nothing inline runs: scripts come from the page's own folder, and a style element needs the answer's nonce. */
export function securityHeaders(origins: readonly string[]): MiddlewareHandler<WebEnv> {
  const frameAncestors = ["'self'", ...origins].join(' ')
  return async (c, next) => {
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${c.get('nonce')}'`,
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      `frame-ancestors ${frameAncestors}`,
    ]
    c.header('content-security-policy', policy.join('; '))
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'same-origin')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
    // Answers with a person's data are stored nowhere; files of the page say otherwise themselves.
    c.header('cache-control', 'no-store')
    await next()
  }
}
