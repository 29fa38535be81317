/**
 * A piece is the G-code of one frame: frame_size bytes (the last piece may be shorter), compressed separately, so that any frame
 * can be opened without the ones before it.
 *
 * zlib's synchronous calls: measured on 256 KiB they take 2.7 ms to deflate and 0.4 ms to inflate, through the thread pool
 * 4.0 and 1.2. Short enough for the event loop, and the output lands in one buffer of the right size.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { corrupt } from './frame.ts'
import type { Compression } from './header.ts'

// Level 1: three times as fast as the default, with a fifth more bytes of G-code.
const level = 1
// Space in which zlib notices the end without a second buffer. It is also zlib's smallest chunk size.
const slack = 64

export function compressPiece(piece: Buffer, compression: Compression): Buffer {
  if (compression === 'none') return piece
  return deflateRawSync(piece, { level, chunkSize: piece.length + slack })
}

/** The largest compressed piece: more than any deflate implementation needs for incompressible bytes. */
export function maxCompressedSize(size: number, compression: Compression): number {
  if (compression === 'none') return size
  return size + Math.floor(size / 4) + slack
}

/**
 * Returns the piece in a frame's data. Never inflates more than `frameSize` bytes.
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
    // With `info` zlib also returns its engine, which counts the bytes that it read. @types/node lacks this overload.
    const options = { maxOutputLength: frameSize, chunkSize: frameSize + slack, info: true }
    inflated = inflateRawSync(data, options) as unknown as typeof inflated
  } catch (cause) {
    throw corrupt(index, 'does not decompress to a piece of G-code', cause)
  }
  if (inflated.engine.bytesWritten < data.length) throw corrupt(index, 'holds more than its deflate stream')
  return inflated.buffer
}
