import { z } from 'zod'

const prefixes = {
  user: 'user_',
  wallet: 'wallet_',
  model: 'model_',
  purchase: 'purch_',
  profile: 'profile_',
  printer: 'printer_',
  preparation: 'prep_',
  job: 'job_',
  event: 'event_',
  session: 'session_',
} as const

export type IdKind = keyof typeof prefixes

/** Returns `length` unpredictable bytes: node:crypto's randomBytes in production, a seeded generator in tests. */
export type RandomBytes = (length: number) => Buffer

// Crockford's base 32 in lower case: no letter looks like a digit, and 26 characters hold 128 bits.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const length = 26

/** Makes a random id whose prefix names the kind of thing, such as `purch_3k0s...` (at most 50 characters, 130 random bits). */
export function newId(kind: IdKind, randomBytes: RandomBytes): string {
  let id: string = prefixes[kind]
  for (const byte of randomBytes(length)) id += alphabet[byte & 31]
  return id
}

/** The zod schema of one kind of id. */
export function idSchema(kind: IdKind) {
  return z
    .string()
    .regex(new RegExp(`^${prefixes[kind]}[${alphabet}]{${length}}$`), `must be a ${prefixes[kind]}... id`)
}
