/** Writes the container `lmnt-gcode/1` as a stream: memory holds one piece of the G-code at a time. */
import type { RandomBytes } from '../http/ids.ts'
import type { GcodeTotals } from '../http/slice.ts'
import type { FernetKey } from './fernet.ts'
import { containerIdSize, magic, sealFrame } from './frame.ts'
import { type Compression, type ContainerHeader, defaultFrameSize, encodeHeader, encodeTotals } from './header.ts'
import { normaliseGcode } from './normalise.ts'
import { compressPiece } from './piece.ts'
import { startTally } from './tally.ts'

/** The part of the totals that the slicer knows when it has finished. */
export type SliceEstimates = Pick<GcodeTotals, 'layers' | 'estimated_time_s' | 'filament_mm'>

export interface SealGcodeOptions {
  /** Fresh for each container. The caller wipes it after use. */
  dek: FernetKey
  purchaseId: string
  preparationId: string
  randomBytes: RandomBytes
  /** Milliseconds since 1970. */
  clock: () => number
  /** Called once, when the source has ended. */
  estimates: () => SliceEstimates
  /** Transforms or checks the normalised lines before they are sealed; may refuse them by throwing. */
  check?: (lines: AsyncIterable<Buffer>) => AsyncIterable<Buffer>
  /** Called once, before the last frame is yielded. */
  onTotals?: (totals: GcodeTotals) => void
  compression?: Compression
  frameSize?: number
  /** 16 bytes; default: random. */
  containerId?: Buffer
}

const ivSize = 16

/**
 * Normalises and seals G-code. When the source fails, the container has no totals, and no reader accepts it.
 * Errors: gcode_rejected, and those of the source or the check.
 */
export async function* sealGcode(
  source: AsyncIterable<Uint8Array>,
  options: SealGcodeOptions,
): AsyncGenerator<Buffer, void> {
  const { dek, randomBytes, clock, compression = 'deflate-raw', frameSize = defaultFrameSize } = options
  const containerId = options.containerId ?? randomBytes(containerIdSize)
  const header: ContainerHeader = {
    container_id: containerId.toString('hex'),
    purchase_id: options.purchaseId,
    preparation_id: options.preparationId,
    frame_size: frameSize,
    compression,
  }
  const seal = frameSealer({ dek, containerId, randomBytes, clock })

  yield magic
  yield seal(encodeHeader(header))
  const tally = startTally()
  const gcode = normaliseGcode(source)
  for await (const piece of inPieces(options.check?.(gcode) ?? gcode, frameSize)) {
    tally.add(piece)
    yield seal(compressPiece(piece, compression))
  }
  const { layers, estimated_time_s, filament_mm } = options.estimates()
  const { bytes, lines, sha256 } = tally.end()
  const totals: GcodeTotals = { bytes, lines, layers, sha256, estimated_time_s, filament_mm }
  const last = seal(encodeTotals(totals), true)
  options.onTotals?.(totals)
  yield last
}

export type FrameSealerOptions = Pick<SealGcodeOptions, 'dek' | 'randomBytes' | 'clock'> & { containerId: Buffer }

/** Returns a function that seals one frame after the other, counted from 0. */
export function frameSealer({ dek, containerId, randomBytes, clock }: FrameSealerOptions) {
  let index = 0
  return (data: Buffer, isLast = false): Buffer =>
    sealFrame({ isLast, index: index++, containerId, data }, dek, { now: clock(), iv: randomBytes(ivSize) })
}

/** Cuts a stream into pieces of exactly `size` bytes; the last may be shorter. A piece is valid until the next is requested. */
async function* inPieces(source: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(piece, filled, at)
      at += copied
      filled += copied
      if (filled === size) {
        yield piece
        filled = 0
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
