export interface Piece {
  bytes: Buffer
  /** Nothing follows. */
  isLast: boolean
}

/**
 * Cuts a stream into pieces of exactly `size` bytes. There is always a last piece, which may be shorter, or empty for an empty
 * stream. Holds one piece and the newest chunk: a full piece is yielded once we know whether more bytes follow.
 */
export async function* cutIntoPieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Piece> {
  let piece = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const given of source) {
    for (let at = 0; at < given.length; ) {
      if (filled === size) {
        yield { bytes: piece, isLast: false }
        piece = Buffer.allocUnsafe(size)
        filled = 0
      }
      const taken = given.subarray(at, at + size - filled)
      piece.set(taken, filled)
      filled += taken.length
      at += taken.length
    }
  }
  yield { bytes: piece.subarray(0, filled), isLast: true }
}
