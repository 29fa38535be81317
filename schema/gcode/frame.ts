/**
 * One frame of the container `lmnt-gcode/1`: its layout, by arithmetic.
 *
 *     length u32 | Fernet token, binary ( flags u8 | index u64 | container id 16 | data )
 *
 * All numbers are big-endian. The index and the container id are inside the token, so its MAC covers them.
 */
import { AppError } from '../http/errors.ts'
import { binarySize, FernetError, type FernetKey, openBinary, type SealOptions, sealInto } from './fernet.ts'

/** The container's first bytes; frame 0 follows at once. */
export const magic = Buffer.from('lmnt-gcode/1\n', 'ascii')
export const containerIdSize = 16
export const lengthSize = 4

const flagsAt = 0
const indexAt = 1
const containerIdAt = 9
const dataAt = containerIdAt + containerIdSize

export interface Frame {
  /** The totals: nothing follows. */
  isLast: boolean
  index: number
  containerId: Buffer
  data: Buffer
}

/** The size of the token of a frame with `dataSize` bytes of data, without the length field. */
export function sealedSize(dataSize: number): number {
  return binarySize(dataAt + dataSize)
}

/** Makes a frame as the container has it: length, then token. */
export function sealFrame(frame: Frame, dek: FernetKey, options: SealOptions): Buffer {
  const head = Buffer.alloc(dataAt)
  head.writeUInt8(frame.isLast ? 1 : 0, flagsAt)
  head.writeBigUInt64BE(BigInt(frame.index), indexAt)
  frame.containerId.copy(head, containerIdAt)
  const size = sealedSize(frame.data.length)
  const sealed = Buffer.allocUnsafe(lengthSize + size)
  sealed.writeUInt32BE(size)
  sealInto(sealed.subarray(lengthSize), dek, [head, frame.data], options)
  return sealed
}

/**
 * Opens a frame's token and checks its index and its container (any container without `containerId`).
 * Errors: gcode_corrupt.
 */
export function unsealFrame(token: Buffer, dek: FernetKey, index: number, containerId?: Buffer): Frame {
  const plain = openSealed(token, dek, index)
  if (plain.length < dataAt) throw corrupt(index, 'is too short')
  const flags = plain.readUInt8(flagsAt)
  if (flags > 1) throw corrupt(index, 'has unknown flags')
  if (plain.readBigUInt64BE(indexAt) !== BigInt(index)) throw corrupt(index, 'is another frame, out of its order')
  const ownId = plain.subarray(containerIdAt, dataAt)
  if (containerId && !ownId.equals(containerId)) throw corrupt(index, 'belongs to another container')
  return { isLast: flags === 1, index, containerId: ownId, data: plain.subarray(dataAt) }
}

/** The refusal of a frame; the sentence reads "frame 3 belongs to another container". */
export function corrupt(index: number, what: string, cause?: unknown): AppError {
  return new AppError('gcode_corrupt', `The sealed G-code cannot be used: frame ${index} ${what}.`, { cause })
}

function openSealed(token: Buffer, dek: FernetKey, index: number): Buffer {
  try {
    return openBinary(dek, token, { ignoreClock: true })
  } catch (cause) {
    if (!(cause instanceof FernetError)) throw cause
    throw corrupt(index, 'was altered, or is sealed with another key', cause)
  }
}
