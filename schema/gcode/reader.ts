/**
 * Reads the container `lmnt-gcode/1`. The most important rule: a frame's G-code is released only after the frame (frames.ts), the size
 * of its piece and its text were verified. Anything else ends the reading with `gcode_corrupt`.
 */
import type { GcodeTotals } from '../http/slice.ts'
import type { FernetKey } from './fernet.ts'
import { corrupt, type Frame, unsealFrame } from './frame.ts'
import { readFrames } from './frames.ts'
import { type ContainerHeader, decodeTotals } from './header.ts'
import { checkNormalised } from './normalised.ts'
import { decompressPiece } from './piece.ts'
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
  const tally = startTally()
  const normalised = checkNormalised()
  let isShortSeen = false
  for await (const { position, header, ...frame } of readFrames(source, { dek })) {
    const { index } = frame
    if (index === 0) {
      yield { kind: 'header', index, position, header }
    } else if (frame.isLast) {
      refuse(index, normalised.end())
      yield { kind: 'totals', index, position, totals: checkTotals(frame, tally) }
    } else {
      const data = decompressPiece(frame.data, header.compression, header.frame_size, index)
      if (isShortSeen) throw corrupt(index, 'follows one that was not full')
      isShortSeen = data.length < header.frame_size
      refuse(index, normalised.add(data))
      tally.add(data)
      yield { kind: 'piece', index, position, data }
    }
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
