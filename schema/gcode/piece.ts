/**
 * A piece is what one frame holds of the G-code: frame_size bytes (the last may be shorter), compressed on its own so that
 * any frame can be opened without those before it.
 *
 * zlib's synchronous calls: measured on 256 KiB they take 2.7 ms to deflate and 0.4 ms to inflate, through the thread pool
 * 4.0 and 1.2. Short enough for the event loop, and the output lands in one buffer of the right size.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { corrupt } from './frame.ts'
import type { Compression } from './header.ts'

// Level 1: three times the speed of the default, for a fifth more bytes of G-code.
const level = 1
// Room for zlib to see that it is done, instead of asking for a second buffer; also the least that it takes.
const slack = 64

export function compressPiece(piece: Buffer, compression: Compression): Buffer {
  if (compression === 'none') return piece
  return deflateRawSync(piece, { level, chunkSize: piece.length + slack })
}

/** The most that a compressed piece may take: more than any deflate needs for bytes that do not compress. */
export function maxCompressedSize(size: number, compression: Compression): number {
  if (compression === 'none') return size
  return size + Math.floor(size / 4) + slack
}

/**
 * Gives the piece in a frame's data; never makes more than `frameSize` bytes of it, whatever the frame claims.
 * Errors: gcode_corrupt.
 */
export function decompressPiece(data: Buffer, compression: Compression, frameSize: number, index: number): Buffer {
  const piece = compression === 'none' ? data : inflate(data, frameSize, index)
  if (piece.length === 0) throw corrupt(index, 'is empty')
  if (piece.length > frameSize) throw corrupt(index, 'holds more than a frame may')
  return piece
}

function inflate(data: Buffer, frameSize: number, index: number): Buffer {
  let inflated: { buffer: Buffer; engine: { bytesWritten: number } }
  try {
    // With `info` zlib gives its engine, too, which counts the bytes that it took; @types/node does not know of it here.
    const options = { maxOutputLength: frameSize, chunkSize: frameSize + slack, info: true }
    inflated = inflateRawSync(data, options) as unknown as typeof inflated
  } catch (cause) {
    throw corrupt(index, 'does not decompress to a piece of G-code', cause)
  }
  if (inflated.engine.bytesWritten < data.length) throw corrupt(index, 'holds more than its deflate stream')
  return inflated.buffer
}
