import { scrypt, timingSafeEqual } from 'node:crypto'
import type { RandomBytes } from '../../../schema/http/ids.ts'

/**
 * Which power of two scrypt's N is. With the r and p below, one of the settings that OWASP's password storage page calls equal,
 * with the least memory: 16 MiB.
 */
export const usualCost = 14
const [r, p] = [8, 5]
const keyLength = 32

export interface Hashing {
  random: RandomBytes
  cost: number
}

/** A password's hash as one text: scrypt$N$r$p$salt$key. */
export async function hashPassword(password: string, { random, cost }: Hashing): Promise<string> {
  const salt = random(16)
  const N = 2 ** cost
  return toText(N, salt, await derive(password, salt, { N, r, p }))
}

/** Matches no password, at the cost of a real one: what an unknown account is checked against. */
export function noPassword(cost: number): string {
  return toText(2 ** cost, Buffer.alloc(16), Buffer.alloc(keyLength))
}

/** True when the password is the one that was hashed. A hash of another form is never matched. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || !salt || !key) return false
  const expected = Buffer.from(key, 'base64')
  // By the hash's own parameters: those of today's cost may be others than when it was made.
  const actual = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) })
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

function toText(N: number, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$')
}

function derive(password: string, salt: Buffer, { N, r, p }: Record<'N' | 'r' | 'p', number>): Promise<Buffer> {
  // What scrypt needs, as OpenSSL counts it; Node's own limit is just below our cost.
  const options = { N, r, p, maxmem: 128 * r * (N + p + 2) }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyLength, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
