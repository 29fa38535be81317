/** Where to go after the log-in: a path of this page's own, never an address from outside. */
export function destinationOf(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/'
}
