/**
 * How fast the container is sealed and opened on one core, in MB/s of G-code, beside what the cipher with its MAC and zlib take by
 * themselves for the same bytes in pieces of the same size (`..._ratio`; bar: 0.85). The format also hashes the G-code:
 * `..._ratio_with_hash` counts that among the parts, so that the rest is our code.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { newFernetKey } from '../schema/gcode/fernet.ts'
import { type Compression, defaultFrameSize } from '../schema/gcode/header.ts'
import { verifyContainer } from '../schema/gcode/reader.ts'
import { sealGcode } from '../schema/gcode/writer.ts'
import { makeGcode } from './gcode/make.ts'
import type { Figures } from './report/result.ts'
import { round } from './report/statistics.ts'

const megabytes = 48
const rounds = 5
const chunkSize = 64 * 1024

export const bars = {
  seal_ratio: { atLeast: 0.85 },
  open_ratio: { atLeast: 0.85 },
  seal_mb_per_s: { atLeast: 60 },
  open_mb_per_s: { atLeast: 120 },
}

export async function run(): Promise<Figures> {
  const gcode = makeGcode(megabytes * 1e6)
  const dek = newFernetKey(randomBytes)
  const deflated = await seal(gcode, dek, 'deflate-raw')
  const plain = await seal(gcode, dek, 'none')
  const pieces = deflatePieces(gcode)

  // In milliseconds here; the keys become the names of the figures.
  const measured = await best({
    seal_mb_per_s: () => drain(sealed(gcode, dek, 'deflate-raw')),
    open_mb_per_s: () => open(deflated, dek),
    seal_uncompressed_mb_per_s: () => drain(sealed(gcode, dek, 'none')),
    open_uncompressed_mb_per_s: () => open(plain, dek),
    deflate_alone_mb_per_s: () => deflatePieces(gcode),
    inflate_alone_mb_per_s: () => inflatePieces(pieces),
    aes_and_hmac_encrypt_mb_per_s: () => encryptPieces(gcode, dek),
    aes_and_hmac_decrypt_mb_per_s: () => decryptPieces(gcode, dek),
    hash_alone_mb_per_s: () => hashPieces(gcode),
  })
  const compressedTo = total(deflated) / gcode.length
  const sealParts = measured.deflate_alone_mb_per_s + compressedTo * measured.aes_and_hmac_encrypt_mb_per_s
  const openParts = measured.inflate_alone_mb_per_s + compressedTo * measured.aes_and_hmac_decrypt_mb_per_s
  return {
    seal_ratio: round(sealParts / measured.seal_mb_per_s, 2),
    open_ratio: round(openParts / measured.open_mb_per_s, 2),
    seal_ratio_with_hash: round((sealParts + measured.hash_alone_mb_per_s) / measured.seal_mb_per_s, 2),
    open_ratio_with_hash: round((openParts + measured.hash_alone_mb_per_s) / measured.open_mb_per_s, 2),
    ...Object.fromEntries(Object.entries(measured).map(([name, ms]) => [name, Math.round(gcode.length / 1e3 / ms)])),
    compressed_to: round(compressedTo, 3),
    gcode_mb: megabytes,
  }
}

/** The CPU time in milliseconds of each one's best round, the rounds interleaved; CPU time, because others share the core. */
async function best<Name extends string>(tasks: Record<Name, () => unknown>): Promise<Record<Name, number>> {
  const names = Object.keys(tasks) as Name[]
  const times = Object.fromEntries(names.map(name => [name, Number.POSITIVE_INFINITY])) as Record<Name, number>
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const begin = process.cpuUsage()
      await tasks[name]()
      const { user, system } = process.cpuUsage(begin)
      times[name] = Math.min(times[name], (user + system) / 1000)
    }
  }
  return times
}

function sealed(gcode: Buffer, dek: Buffer, compression: Compression): AsyncGenerator<Buffer, void> {
  return sealGcode(inChunks(gcode), {
    dek,
    purchaseId: 'purch_bench',
    preparationId: 'prep_bench',
    randomBytes,
    clock: Date.now,
    estimates: () => ({ layers: 1, estimated_time_s: 1, filament_mm: 1 }),
    compression,
  })
}

async function seal(gcode: Buffer, dek: Buffer, compression: Compression): Promise<Buffer[]> {
  const frames: Buffer[] = []
  for await (const frame of sealed(gcode, dek, compression)) frames.push(frame)
  return frames
}

async function drain(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of source);
}

async function open(frames: Buffer[], dek: Buffer): Promise<void> {
  await verifyContainer(inChunks(Buffer.concat(frames)), { dek })
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
}

function encryptPieces(gcode: Buffer, dek: Buffer): void {
  const iv = Buffer.alloc(16)
  for (let at = 0; at < gcode.length; at += defaultFrameSize) {
    const cipher = createCipheriv('aes-128-cbc', dek.subarray(16), iv)
    const ciphertext = cipher.update(gcode.subarray(at, at + defaultFrameSize))
    createHmac('sha256', dek.subarray(0, 16)).update(ciphertext).update(cipher.final()).digest()
  }
}

function hashPieces(gcode: Buffer): void {
  const hash = createHash('sha256')
  for (let at = 0; at < gcode.length; at += defaultFrameSize) hash.update(gcode.subarray(at, at + defaultFrameSize))
  hash.digest()
}

/** Any bytes do: without padding, they all decrypt to something. */
function decryptPieces(bytes: Buffer, dek: Buffer): void {
  const iv = Buffer.alloc(16)
  for (let at = 0; at + defaultFrameSize <= bytes.length; at += defaultFrameSize) {
    const piece = bytes.subarray(at, at + defaultFrameSize)
    createHmac('sha256', dek.subarray(0, 16)).update(piece).digest()
    createDecipheriv('aes-128-cbc', dek.subarray(16), iv).setAutoPadding(false).update(piece)
  }
}

function deflatePieces(gcode: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < gcode.length; at += defaultFrameSize) {
    pieces.push(deflateRawSync(gcode.subarray(at, at + defaultFrameSize), { level: 1, chunkSize: defaultFrameSize }))
  }
  return pieces
}

function inflatePieces(pieces: Buffer[]): void {
  for (const piece of pieces) inflateRawSync(piece, { chunkSize: defaultFrameSize + 64 })
}

function total(frames: Buffer[]): number {
  return frames.reduce((size, frame) => size + frame.length, 0)
}
