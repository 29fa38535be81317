import { scrypt, timingSafeEqual } from 'node:crypto'
import type { RandomBytes } from '../../../schema/http/ids.ts'

// One of the settings for scrypt that OWASP's password storage page calls equal, with the least memory: 16 MiB.
const cost = { N: 2 ** 14, r: 8, p: 5 }
const keyLength = 32

/** A password's hash as one text: scrypt$N$r$p$salt$key. */
export async function hashPassword(password: string, random: RandomBytes): Promise<string> {
  const salt = random(16)
  const key = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$')
}

/** Matches no password, at the cost of a real one: what an unknown account is checked against. */
export const noPassword = [
  'scrypt',
  cost.N,
  cost.r,
  cost.p,
  'AAAAAAAAAAAAAAAAAAAAAA==',
  Buffer.alloc(keyLength).toString('base64'),
].join('$')

/** True when the password is the one that was hashed. A hash of another form is never matched. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || !salt || !key) return false
  const expected = Buffer.from(key, 'base64')
  // By the hash's own parameters: those of today's cost may be others than when it was made.
  const actual = await derive(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) })
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  // What scrypt needs is 128 * N * r bytes and a little; Node's own limit is just below our cost.
  const options = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyLength, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
