/**
 * Keeps an engine's G-code while it is being made: the start G-code, which comes first, needs values of the finished slice.
 * The pieces are compressed and sealed (AES-256-GCM under a key that only this process has) in a file without a name, so that
 * memory stays flat, no plaintext touches a disk, and nothing is left when the process is killed.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { wipe } from '../../schema/gcode/keys.ts'
import { compressPiece, decompressPiece } from '../../schema/gcode/piece.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'

export interface Spool {
  /** Bytes of G-code so far. */
  size: () => number
  /** Adds bytes; the caller may reuse its buffer when this resolves. Errors: engine_failed above the limit, unavailable. */
  write: (bytes: Buffer) => Promise<void>
  /** Seals the rest that is still in memory. Nothing is written afterwards. */
  end: () => Promise<void>
  /** Yields the bytes `from` (included) to `to` (excluded). A piece is valid until the next one is read. Only after `end`. */
  read: (from: number, to: number) => AsyncGenerator<Buffer>
  /** Wipes the key and closes the file, which deletes it. May be called at any time, and more than once. */
  close: () => Promise<void>
}

export interface SpoolOptions {
  /** Folder for the file, preferably a tmpfs. */
  folder: string
  randomBytes: RandomBytes
  maxBytes: number
}

export const spoolPieceSize = 256 * 1024
const keySize = 32
const ivSize = 12
const tagSize = 16

/** Errors: unavailable, when the folder cannot be written. */
export async function openSpool({ folder, randomBytes, maxBytes }: SpoolOptions): Promise<Spool> {
  const file = await openWithoutName(folder)
  const key = randomBytes(keySize)
  const buffer = Buffer.allocUnsafeSlow(spoolPieceSize)
  /** Offset in the file at which each sealed piece ends. */
  const ends: number[] = []
  let filled = 0
  let size = 0
  /** The piece that was read last: layers are read in order, and many lie in one piece. */
  let opened: { index: number; piece: Buffer } | undefined
  let closing: Promise<void> | undefined

  async function sealBuffer(): Promise<void> {
    const compressed = compressPiece(buffer.subarray(0, filled), 'deflate-raw')
    const cipher = createCipheriv('aes-256-gcm', key, ivOf(ends.length))
    const sealed = Buffer.concat([cipher.update(compressed), cipher.final(), cipher.getAuthTag()])
    compressed.fill(0)
    filled = 0
    const at = ends.at(-1) ?? 0
    await orUnavailable(writeAll(file, sealed, at))
    ends.push(at + sealed.length)
  }

  async function openPiece(index: number): Promise<Buffer> {
    if (opened?.index === index) return opened.piece
    wipe(opened?.piece)
    const from = ends[index - 1] ?? 0
    const sealed = Buffer.allocUnsafe((ends[index] as number) - from)
    const { bytesRead } = await orUnavailable(file.read(sealed, 0, sealed.length, from))
    if (bytesRead < sealed.length) throw new AppError('unavailable', 'The spool file was cut off.')
    const decipher = createDecipheriv('aes-256-gcm', key, ivOf(index))
    decipher.setAuthTag(sealed.subarray(-tagSize))
    const compressed = Buffer.concat([decipher.update(sealed.subarray(0, -tagSize)), decipher.final()])
    const piece = decompressPiece(compressed, 'deflate-raw', spoolPieceSize, index)
    compressed.fill(0)
    opened = { index, piece }
    return piece
  }

  return {
    size: () => size,
    write: async bytes => {
      if (closing) throw new Error('the spool is closed')
      if (size + bytes.length > maxBytes) {
        throw new AppError('engine_failed', `The G-code would be larger than ${Math.floor(maxBytes / 2 ** 20)} MiB.`)
      }
      size += bytes.length
      for (let at = 0; at < bytes.length; ) {
        const copied = bytes.copy(buffer, filled, at)
        at += copied
        filled += copied
        if (filled === spoolPieceSize) await sealBuffer()
      }
    },
    end: async () => {
      if (filled > 0) await sealBuffer()
    },
    read: async function* (from, to) {
      for (let at = from; at < to; ) {
        const index = Math.floor(at / spoolPieceSize)
        const piece = await openPiece(index)
        const start = index * spoolPieceSize
        yield piece.subarray(at - start, to - start)
        at = start + piece.length
      }
    },
    close: () => {
      closing ??= (async () => {
        wipe(key, buffer, opened?.piece)
        await file.close()
      })()
      return closing
    },
  }
}

/** No other process can open the file, and the kernel drops it when ours ends, however it ends. */
async function openWithoutName(folder: string) {
  const own = await orUnavailable(mkdtemp(join(folder, 'lmnt-spool-')))
  try {
    return await orUnavailable(open(join(own, 'gcode'), 'wx+', 0o600))
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** Unique under the key: a key seals one spool, and a piece is sealed once. */
function ivOf(index: number): Buffer {
  const iv = Buffer.alloc(ivSize)
  iv.writeUInt32BE(index, ivSize - 4)
  return iv
}

/** A full or failed disk is no fault of the model: the job is retried. */
async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new AppError('unavailable', 'The slicer cannot write to its spool folder. Try again later.', { cause })
  }
}
