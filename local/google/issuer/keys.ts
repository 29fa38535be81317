import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { writeDurably } from '../durable.ts'

export interface IssuerKeys {
  keyId: string
  privateKey: CryptoKey
  publicJwk: JWK
  /** Access tokens are opaque to everybody but the issuer: a MAC under its own secret, never taken for an ID token. */
  accessSecret: Uint8Array
}

const storedKeys = z.object({
  signing: z.object({ kty: z.literal('RSA'), kid: z.string() }).catchall(z.string()),
  access_secret: z.base64url(),
})

/** Reads the issuer's keys, or makes them at the first start, so that tokens outlive a restart. */
export async function loadKeys(dataDir: string): Promise<IssuerKeys> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'keys.json')
  if (!existsSync(path)) writeDurably(path, JSON.stringify(await makeKeys()))
  const stored = storedKeys.parse(JSON.parse(readFileSync(path, 'utf8')))
  const { kid, kty, n, e } = stored.signing as JWK & { kid: string }
  return {
    keyId: kid,
    privateKey: (await importJWK(stored.signing as JWK, 'RS256')) as CryptoKey,
    publicJwk: { kty, n, e, kid, alg: 'RS256', use: 'sig' } as JWK,
    accessSecret: Buffer.from(stored.access_secret, 'base64url'),
  }
}

async function makeKeys(): Promise<z.infer<typeof storedKeys>> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = (await exportJWK(privateKey)) as Record<string, string>
  return {
    signing: { ...jwk, kty: 'RSA', kid: randomUUID() },
    access_secret: randomBytes(32).toString('base64url'),
  }
}
