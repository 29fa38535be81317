import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import type { RandomBytes } from '../../../schema/http/ids.ts'
import { makePrivateDir, readOrPutAside, writeDurable } from '../../durable.ts'
import type { ThisHost } from '../this-host.ts'
import { type CertificateNames, certificateNames, covers } from './identity.ts'

const pair = z.object({ key: z.string(), certificate: z.string() })
const namesOf = { names: z.array(z.string()), addresses: z.array(z.string()) }
/** One file of mode 0600: the CA, which stays, and the certificate by it. */
const fileSchema = z.object({
  authority: pair.extend({ names: z.array(z.string()) }),
  server: pair.extend(namesOf),
})
type Stored = z.infer<typeof fileSchema>

export interface Certificate {
  key: string
  /** The certificate of this host and that of the CA. */
  cert: string
  /** The CA's alone. */
  authority: string
}

export interface KeptCertificate {
  current: () => Certificate
  close: () => void
}

export interface KeepOptions {
  folder: string
  /** Names and addresses of lmnt-edge.cfg. */
  hosts: readonly string[]
  readHost: () => ThisHost
  /** Milliseconds since 1970. */
  clock: () => number
  randomBytes: RandomBytes
  log: Log
  /** Called with each certificate after the first. */
  onChange: (certificate: Certificate) => void
  /** Called when one was made. */
  onMade: (names: CertificateNames) => void
  checkMs?: number
}

const usualCheckMs = 10 * 60_000
const renewBeforeMs = 30 * 24 * 60 * 60_000

/**
 * Keeps a certificate for this host: makes it at the first start, and again a month before it expires, when the host's names or addresses
 * have changed, and when the clock was so wrong that it is not valid now. The CA stays, so that it has to be trusted once; only another
 * name of the host makes another CA, since the old one cannot vouch for it.
 */
export async function keepCertificate(options: KeepOptions): Promise<KeptCertificate> {
  const { folder, hosts, readHost, clock, randomBytes, log } = options
  await makePrivateDir(folder)
  const path = join(folder, 'https.json')
  let stored = await readOrPutAside(path, fileSchema, log)
  let isChecking = false

  /** True when another certificate was made. */
  async function check(): Promise<boolean> {
    const wanted = certificateNames(readHost(), hosts)
    if (stored && covers(stored.server, wanted) && isValid(stored.server.certificate, clock())) return false
    stored = await make(wanted)
    await writeDurable(path, `${JSON.stringify(stored, null, 2)}\n`)
    log.info({ names: wanted.names, addresses: wanted.addresses }, 'made a certificate for the printer’s page')
    options.onMade(wanted)
    return true
  }

  async function make(wanted: CertificateNames): Promise<Stored> {
    const { makeAuthority, makeServerCertificate } = await import('./issue.ts')
    const known = stored?.authority
    const mayVouch = known && wanted.names.every(name => known.names.includes(name) || name.endsWith('.local'))
    const title = `LMNT printer ${readHost().names[1] ?? ''}`.trim()
    const authority = mayVouch
      ? known
      : { ...(await makeAuthority(title, wanted.names, randomBytes)), names: wanted.names }
    return {
      authority,
      server: { ...(await makeServerCertificate(authority, wanted, clock(), randomBytes)), ...wanted },
    }
  }

  function current(): Certificate {
    if (!stored) throw new Error('no certificate was made')
    const { authority, server } = stored
    return { key: server.key, cert: server.certificate + authority.certificate, authority: authority.certificate }
  }

  await check()
  const { fingerprint256 } = new X509Certificate(current().authority)
  log.info({ sha256: fingerprint256 }, 'the fingerprint of the certificate authority of the printer’s page')
  const timer = setInterval(() => {
    if (isChecking) return
    isChecking = true
    check()
      .then(isNew => isNew && options.onChange(current()))
      .catch((error: unknown) => log.error({ err: error }, 'no certificate could be made for the printer’s page'))
      .finally(() => {
        isChecking = false
      })
  }, options.checkMs ?? usualCheckMs).unref()
  return { current, close: () => clearInterval(timer) }
}

/** Good now, and for another month. */
function isValid(pem: string, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(pem)
  return Date.parse(validFrom) <= now && now < Date.parse(validTo) - renewBeforeMs
}
