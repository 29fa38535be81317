/**
 * Reads a container frame by frame, its pieces still compressed. The most important rule: a frame's data is released only after its
 * MAC, index, container and size were verified. Reordered, repeated, missing, truncated, foreign and altered frames end the
 * reading with `gcode_corrupt`.
 */
import { AppError } from '../http/errors.ts'
import { ByteReader } from './byte-reader.ts'
import type { FernetKey } from './fernet.ts'
import { corrupt, type Frame, lengthSize, magic, sealedSize, unsealFrame } from './frame.ts'
import { type ContainerHeader, decodeHeader, maxJsonSize } from './header.ts'
import { maxCompressedSize } from './piece.ts'

/** A frame with the container's header. `position` is the offset of the frame's length field. */
export type PlacedFrame = Frame & { position: number; header: ContainerHeader }

/**
 * Yields all frames in order: the header, the pieces, the totals. The totals come when nothing follows them.
 * Does not check that the pieces are G-code and match the totals: `readContainer` does.
 * Errors: gcode_corrupt, and those of the source.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array>,
  { dek }: { dek: FernetKey },
): AsyncGenerator<PlacedFrame, void> {
  const bytes = new ByteReader(source)
  try {
    if (!(await bytes.read(magic.length)).equals(magic)) {
      throw new AppError('gcode_corrupt', 'This is not sealed G-code of the version lmnt-gcode/1.')
    }
    let position = bytes.position
    const first = unsealFrame(await readToken(bytes, 0, sealedSize(maxJsonSize)), dek, 0)
    const header = decodeHeader(first)
    yield { ...first, position, header }

    const limit = sealedSize(Math.max(maxJsonSize, maxCompressedSize(header.frame_size, header.compression)))
    for (let index = 1; ; index++) {
      position = bytes.position
      const frame = unsealFrame(await readToken(bytes, index, limit), dek, index, first.containerId)
      if (frame.isLast && (await bytes.read(1)).length > 0) throw corrupt(index, 'is the last, but more follows')
      yield { ...frame, position, header }
      if (frame.isLast) return
    }
  } finally {
    await bytes.close()
  }
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
