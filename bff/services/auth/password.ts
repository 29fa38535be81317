import { scrypt, timingSafeEqual } from 'node:crypto'
import type { RandomBytes } from '../../../schema/http/ids.ts'

// With the usual cost (settings.ts), one of the equivalent settings in OWASP's password storage cheat sheet: the one with the least
// memory, 16 MiB.
const [r, p] = [8, 5]
const keyLength = 32

export interface Hashing {
  random: RandomBytes
  cost: number
}

/** Hashes a password: scrypt$N$r$p$salt$key. */
export async function hashPassword(password: string, { random, cost }: Hashing): Promise<string> {
  const salt = random(16)
  const N = 2 ** cost
  return toText(N, salt, await derive(password, salt, { N, r, p }))
}

/** A hash that matches no password and costs as much as a real one, for unknown accounts. */
export function noPassword(cost: number): string {
  return toText(2 ** cost, Buffer.alloc(16), Buffer.alloc(keyLength))
}

/** True when the password matches the hash. False for a hash of another format. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || !salt || !key) return false
  const expected = Buffer.from(key, 'base64')
  // Use the parameters in the hash: the configured cost may have changed since.
  const actual = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) })
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

function toText(N: number, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$')
}

function derive(password: string, salt: Buffer, { N, r, p }: Record<'N' | 'r' | 'p', number>): Promise<Buffer> {
  // The memory that scrypt needs by OpenSSL's calculation; Node's default limit is slightly below it.
  const options = { N, r, p, maxmem: 128 * r * (N + p + 2) }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyLength, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
