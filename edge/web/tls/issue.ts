/**
 * Makes certificates with node-forge. Only keep.ts imports this file, and only when one has to be made: node-forge takes some
 * megabytes of memory. Keys are made by Node itself, which is faster.
 */
import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'
import type { RandomBytes } from '../../../schema/http/ids.ts'
import { certifiedNetworks, parseNetwork } from '../networks.ts'
import type { CertificateNames } from './identity.ts'

/** PEM. */
export interface KeyAndCertificate {
  key: string
  certificate: string
}

const dayMs = 24 * 60 * 60_000
/** Apple's longest for a certificate of a server. */
const serverDays = 397
/** Independent of this host's clock, which may be wrong at its first start. */
const authorityFrom = new Date('2024-01-01T00:00:00Z')
const authorityUntil = new Date('2049-01-01T00:00:00Z')

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return privateKey
}

/** A CA that can vouch for these names, for what is below .local and for private addresses; a stolen key is of no use elsewhere. */
export async function makeAuthority(
  title: string,
  names: string[],
  randomBytes: RandomBytes,
): Promise<KeyAndCertificate> {
  const key = await newKey()
  const certificate = draft(key, title, randomBytes)
  certificate.validity = { notBefore: authorityFrom, notAfter: authorityUntil }
  certificate.setIssuer(certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    { id: '2.5.29.30', critical: true, value: nameConstraints(names) },
  ])
  signBy(key, certificate)
  return { key, certificate: forge.pki.certificateToPem(certificate) }
}

/** A certificate for this host by the CA, from a day before `now` (milliseconds since 1970). */
export async function makeServerCertificate(
  authority: KeyAndCertificate,
  { names, addresses }: CertificateNames,
  now: number,
  randomBytes: RandomBytes,
): Promise<KeyAndCertificate> {
  const key = await newKey()
  const issuer = forge.pki.certificateFromPem(authority.certificate)
  const certificate = draft(key, names[0] ?? 'printer', randomBytes)
  certificate.validity = { notBefore: new Date(now - dayMs), notAfter: new Date(now + (serverDays - 1) * dayMs) }
  certificate.setIssuer(issuer.subject.attributes)
  const altNames = [...names.map(value => ({ type: 2, value })), ...addresses.map(ip => ({ type: 7, ip }))]
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ])
  signBy(authority.key, certificate)
  return { key, certificate: forge.pki.certificateToPem(certificate) }
}

/** By Node's RSA: node-forge's own makes V8 load its optimizing compiler, 4 MB that the service would keep. */
function signBy(key: string, certificate: forge.pki.Certificate) {
  const signature = () => {
    const signed = forge.asn1.toDer(certificate.tbsCertificate).getBytes()
    return sign('sha256', Buffer.from(signed, 'latin1'), key).toString('latin1')
  }
  certificate.sign({ sign: signature } as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create())
}

function draft(key: string, commonName: string, randomBytes: RandomBytes): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  const { n, e } = forge.pki.privateKeyFromPem(key)
  certificate.publicKey = forge.pki.setRsaPublicKey(n, e)
  const serial = randomBytes(16)
  // Positive, and without a leading zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  certificate.serialNumber = serial.toString('hex')
  certificate.setSubject([{ name: 'commonName', value: commonName.slice(0, 64) }])
  return certificate
}

/** The extension nameConstraints (RFC 5280, 4.2.1.10), which node-forge does not know: DER. */
function nameConstraints(names: string[]): string {
  const { asn1 } = forge
  const subtree = (tag: number, bytes: string) =>
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
      asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, false, bytes),
    ])
  const permitted = [
    ...[...new Set([...names, 'local'])].map(name => subtree(2, name)),
    ...certifiedNetworks.map(parseNetwork).map(({ address, bits }) => {
      const bytes = bytesFromIp(address)
      return subtree(7, bytes + maskOf(bits, bytes.length))
    }),
  ]
  const trees = asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0 as forge.asn1.Type, true, permitted)
  return asn1.toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [trees])).getBytes()
}

/** node-forge's types lack it. */
const { bytesFromIP: bytesFromIp } = forge.util as unknown as { bytesFromIP: (address: string) => string }

function maskOf(bits: number, size: number): string {
  const bytes = Array.from({ length: size }, (_, index) => {
    const ones = Math.min(8, Math.max(0, bits - index * 8))
    return 0xff & (0xff << (8 - ones))
  })
  return String.fromCharCode(...bytes)
}
