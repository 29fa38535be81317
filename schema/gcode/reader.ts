/**
 * Reads the container `lmnt-gcode/1`. The most important rule: a frame's bytes are released only after its MAC, index,
 * container, size and text were verified. Reordered, repeated, missing, truncated, foreign and altered frames end the reading with
 * `gcode_corrupt`, and so does G-code that is not normalised.
 */
import { AppError } from '../http/errors.ts'
import type { GcodeTotals } from '../http/slice.ts'
import { ByteReader } from './byte-reader.ts'
import type { FernetKey } from './fernet.ts'
import { corrupt, type Frame, lengthSize, magic, sealedSize, unsealFrame } from './frame.ts'
import { type ContainerHeader, decodeHeader, decodeTotals, maxJsonSize } from './header.ts'
import { checkNormalised } from './normalised.ts'
import { decompressPiece, maxCompressedSize } from './piece.ts'
import { startTally, type Tally } from './tally.ts'

/** The parts of a container, in order: header, pieces, totals. `position` is the offset of the frame's length field. */
export type ContainerPart = { index: number; position: number } & (
  | { kind: 'header'; header: ContainerHeader }
  | { kind: 'piece'; data: Buffer }
  | { kind: 'totals'; totals: GcodeTotals }
)

export interface VerifiedContainer {
  header: ContainerHeader
  totals: GcodeTotals
  /**
   * The offset of each frame, header and totals included. A frame is its length field (4 bytes) and its token, so the token of
   * frame i, which `openFrame` needs, is the bytes from frames[i] + 4 to frames[i + 1].
   */
  frames: number[]
}

/**
 * Yields a container's parts as they are verified. The totals come last, when the whole was checked against them and the source
 * has ended: a consumer that has not received the totals has not received everything.
 * Errors: gcode_corrupt, and those of the source.
 */
export async function* readContainer(
  source: AsyncIterable<Uint8Array>,
  { dek }: { dek: FernetKey },
): AsyncGenerator<ContainerPart, void> {
  const bytes = new ByteReader(source)
  try {
    if (!(await bytes.read(magic.length)).equals(magic)) {
      throw new AppError('gcode_corrupt', 'This is not sealed G-code of the version lmnt-gcode/1.')
    }
    let index = 0
    let position = bytes.position
    const first = unsealFrame(await readToken(bytes, index, sealedSize(maxJsonSize)), dek, index)
    const header = decodeHeader(first)
    yield { kind: 'header', index, position, header }

    const limit = sealedSize(Math.max(maxJsonSize, maxCompressedSize(header.frame_size, header.compression)))
    const tally = startTally()
    const normalised = checkNormalised()
    let isShortSeen = false
    for (;;) {
      index++
      position = bytes.position
      const frame = unsealFrame(await readToken(bytes, index, limit), dek, index, first.containerId)
      if (frame.isLast) {
        refuse(index, normalised.end())
        const totals = checkTotals(frame, tally)
        if ((await bytes.read(1)).length > 0) throw corrupt(index, 'is the last, but more follows')
        yield { kind: 'totals', index, position, totals }
        return
      }
      const data = decompressPiece(frame.data, header.compression, header.frame_size, index)
      if (isShortSeen) throw corrupt(index, 'follows one that was not full')
      isShortSeen = data.length < header.frame_size
      refuse(index, normalised.add(data))
      tally.add(data)
      yield { kind: 'piece', index, position, data }
    }
  } finally {
    await bytes.close()
  }
}

/**
 * Verifies a whole container before it is used: every MAC, index and id, and the totals. `onPiece` receives each piece of G-code
 * before the next is read; it may refuse the piece by throwing, and may wipe it.
 * Errors: gcode_corrupt, and those of the source or `onPiece`.
 */
export async function verifyContainer(
  source: AsyncIterable<Uint8Array>,
  { dek, onPiece }: { dek: FernetKey; onPiece?: (data: Buffer) => Promise<void> },
): Promise<VerifiedContainer> {
  const frames: number[] = []
  let header: ContainerHeader | undefined
  for await (const part of readContainer(source, { dek })) {
    frames.push(part.position)
    if (part.kind === 'header') header = part.header
    if (part.kind === 'piece') await onPiece?.(part.data)
    if (part.kind === 'totals' && header) return { header, totals: part.totals, frames }
  }
  throw new Error('readContainer ended without totals and without an error')
}

/** Finds the frame that holds a byte of the G-code, and the byte's offset in that frame's piece. */
export function locate(header: ContainerHeader, offset: number): { index: number; skip: number } {
  return { index: 1 + Math.floor(offset / header.frame_size), skip: offset % header.frame_size }
}

/**
 * Opens a single frame of G-code: `token` is the frame without its length field. Only for containers that were verified as a
 * whole: one frame cannot show, for example, that a later one is missing.
 * Errors: gcode_corrupt.
 */
export function openFrame(
  token: Buffer,
  { dek, header, index }: { dek: FernetKey; header: ContainerHeader; index: number },
): Buffer {
  const frame = unsealFrame(token, dek, index, Buffer.from(header.container_id, 'hex'))
  if (frame.isLast) throw corrupt(index, 'holds no G-code')
  return decompressPiece(frame.data, header.compression, header.frame_size, index)
}

/** Reads one frame, without its length field. The length is untrusted: it is checked before that many bytes are awaited. */
async function readToken(bytes: ByteReader, index: number, limit: number): Promise<Buffer> {
  const length = await bytes.read(lengthSize)
  if (length.length < lengthSize) throw corrupt(index, 'is missing: the file ends before its totals')
  const size = length.readUInt32BE()
  if (size > limit) throw corrupt(index, 'is larger than a frame may be')
  const token = await bytes.read(size)
  if (token.length < size) throw corrupt(index, 'is cut off: the file ends inside it')
  return token
}

function refuse(index: number, fault: string | null): void {
  if (fault) throw corrupt(index, fault)
}

function checkTotals(frame: Frame, tally: Tally): GcodeTotals {
  const totals = decodeTotals(frame)
  const counted = tally.end()
  if (totals.bytes !== counted.bytes || totals.lines !== counted.lines || totals.sha256 !== counted.sha256) {
    throw corrupt(frame.index, 'gives totals that are not those of the G-code')
  }
  return totals
}
