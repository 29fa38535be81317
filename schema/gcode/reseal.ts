/** Seals a container again under another key, as a stream. */
import { createHash } from 'node:crypto'
import { AppError } from '../http/errors.ts'
import type { RandomBytes } from '../http/ids.ts'
import type { FernetKey } from './fernet.ts'
import { containerIdSize, magic } from './frame.ts'
import { readFrames } from './frames.ts'
import { encodeHeader } from './header.ts'
import { frameSealer } from './writer.ts'

export interface ResealOptions {
  /** The key of the container that is read, and the hash of all its bytes. */
  from: { dek: FernetKey; sha256: string }
  /** Fresh for each container. The caller wipes it after use. */
  dek: FernetKey
  purchaseId: string
  preparationId: string
  randomBytes: RandomBytes
  /** Milliseconds since 1970. */
  clock: () => number
}

/**
 * Each frame is verified, decrypted and encrypted again; its piece stays compressed, which saves three quarters of the work. The
 * content of the pieces is not checked again: the hash, stored when the container was made, shows that it is unchanged. The last
 * frame is yielded only when the hash is right; without it no reader accepts the new container.
 * Errors: gcode_corrupt, and those of the source.
 */
export async function* resealContainer(
  source: AsyncIterable<Uint8Array>,
  { from, dek, purchaseId, preparationId, randomBytes, clock }: ResealOptions,
): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256')
  async function* hashed() {
    for await (const bytes of source) {
      hash.update(bytes)
      yield bytes
    }
  }
  const seal = frameSealer({ dek, containerId: randomBytes(containerIdSize), randomBytes, clock })
  yield magic
  for await (const { index, isLast, data, header } of readFrames(hashed(), { dek: from.dek })) {
    if (isLast && hash.digest('hex') !== from.sha256) {
      throw new AppError('gcode_corrupt', 'The sealed G-code is not what was sealed before.')
    }
    const isHeader = index === 0
    yield seal(
      isHeader ? encodeHeader({ ...header, purchase_id: purchaseId, preparation_id: preparationId }) : data,
      isLast,
    )
  }
}
