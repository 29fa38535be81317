/** A new Idempotency-Key. crypto.randomUUID is missing on plain HTTP, which a printer's page often is. */
export function newKey(random: Pick<typeof crypto, 'getRandomValues'> = crypto): string {
  return [...random.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
