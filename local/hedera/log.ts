import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * An append-only file of records: u32 big-endian length, the first 8 bytes of the payload's SHA-256, the payload. A record
 * is on disk when append returns.
 */
export interface Log {
  /** The records of the file when it was opened. */
  records: Buffer[]
  append: (payload: Buffer) => void
  close: () => void
}

const sumSize = 8
const headSize = 4 + sumSize

/**
 * Opens the log, making it at first. A record that a crash left incomplete at the end is cut off: no
 * client got an answer about it. Damage anywhere else is an error, since history must not lose a part silently.
 */
export function openLog(path: string): Log {
  const file = openSync(path, 'a+', 0o600)
  const { records, end: whole, isTorn } = readRecords(path)
  let end = whole
  if (isTorn) ftruncateSync(file, end)
  fsyncSync(file)
  syncFolder(dirname(path))

  return {
    records,
    append: payload => {
      const record = Buffer.concat([headOf(payload), payload])
      try {
        writeWhole(file, record)
        fdatasyncSync(file)
      } catch (error) {
        ftruncateSync(file, end) // half a record in the middle would be damage
        throw error
      }
      end += record.length
    },
    close: () => closeSync(file),
  }
}

function readRecords(path: string): { records: Buffer[]; end: number; isTorn: boolean } {
  const bytes = readFileSync(path)
  const records: Buffer[] = []
  let end = 0
  while (end < bytes.length) {
    if (end + headSize > bytes.length) return { records, end, isTorn: true }
    const next = end + headSize + bytes.readUInt32BE(end)
    const payload = bytes.subarray(end + headSize, next)
    const isWhole = next <= bytes.length && sumOf(payload).equals(bytes.subarray(end + 4, end + headSize))
    if (!isWhole) {
      if (next >= bytes.length) return { records, end, isTorn: true }
      throw new Error(`The ledger's log is damaged at byte ${end} of ${bytes.length}: ${path}`)
    }
    records.push(payload)
    end = next
  }
  return { records, end, isTorn: false }
}

function headOf(payload: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(payload.length)
  return Buffer.concat([length, sumOf(payload)])
}

function sumOf(payload: Buffer): Buffer {
  return createHash('sha256').update(payload).digest().subarray(0, sumSize)
}

function writeWhole(file: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written)
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
