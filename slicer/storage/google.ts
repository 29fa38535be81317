import { pipeline } from 'node:stream/promises'
import type { File, Storage } from '@google-cloud/storage'
import { connectStorage, openDownload, type StorageOptions } from '../../runtime/storage.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { ObjectStore } from './object-store.ts'

// One request a piece: what a failed request has to send again, and what an upload holds in memory.
const pieceBytes = 4 * 1024 * 1024

/** Cloud Storage. Its client is loaded at the first use: loading it takes longer than all else at a start. */
export function googleStorage(options: StorageOptions): ObjectStore {
  let client: Promise<Storage> | undefined
  async function fileAt(uri: string): Promise<File> {
    const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
    if (!bucket || !name) throw new AppError('invalid_input', `"${uri}" is not the address of an object.`)
    client ??= connectStorage(options)
    return (await client).bucket(bucket).file(name)
  }

  return {
    async read(uri, { maxBytes, signal }) {
      const source = openDownload(async () => (await fileAt(uri)).createReadStream({ decompress: false }))
      try {
        return await pipeline(source, pieces => readAll(pieces, maxBytes), { signal })
      } catch (error) {
        signal.throwIfAborted()
        throw isMissing(error) ? new AppError('model_corrupt', "The model's file is not there any more.") : seen(error)
      }
    },

    async write(uri, source, { metadata, signal }) {
      const target = (await fileAt(uri)).createWriteStream({
        resumable: true,
        chunkSize: pieceBytes,
        metadata: { contentType: 'application/octet-stream', metadata },
      })
      try {
        await pipeline(source, target, { signal })
      } catch (error) {
        signal.throwIfAborted()
        throw seen(error)
      }
    },

    async remove(uri) {
      const file = await fileAt(uri)
      await file.delete({ ignoreNotFound: true }).catch((error: unknown) => {
        throw seen(error)
      })
    },
  }
}

async function readAll(pieces: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const read: Buffer[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > maxBytes) throw new AppError('model_corrupt', "The model's file is larger than a model may be.")
    read.push(piece)
  }
  return Buffer.concat(read)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404
}

function seen(error: unknown): unknown {
  return isAppError(error) ? error : new AppError('unavailable', 'The storage did not answer.', { cause: error })
}
