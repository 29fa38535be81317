import { addAbortSignal } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Storage } from '@google-cloud/storage'
import { connectStorage, type StorageOptions } from '../../runtime/storage/client.ts'
import { copyObject } from '../../runtime/storage/copy.ts'
import { DownloadError, downloadObject } from '../../runtime/storage/download.ts'
import { storageRest } from '../../runtime/storage/rest.ts'
import { type RetryTiming, retryTiming } from '../../runtime/storage/retry.ts'
import { uploadObject } from '../../runtime/storage/upload.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { ObjectStore } from './object-store.ts'

// Bytes per upload request: a failed request sends them again, and an upload holds them in memory.
const pieceBytes = 4 * 1024 * 1024

// The copy only speeds up later preparations, so this one does not wait long for it.
const copyTiming = { ...retryTiming, patienceMs: 10_000 }

export interface GoogleStorageOptions extends StorageOptions {
  /** How long an upload retries while the storage fails. */
  uploadTiming?: RetryTiming
}

/** Cloud Storage. Its client is loaded at the first use, because loading it would dominate the start of the process. */
export function googleStorage({ uploadTiming, ...options }: GoogleStorageOptions): ObjectStore {
  const send = storageRest(options)
  let client: Promise<Storage> | undefined

  return {
    open: (uri, { signal }) => addAbortSignal(signal, downloadObject(send, parseUri(uri))),

    copy: (from, to, { signal }) => copyObject(send, parseUri(from), parseUri(to), { signal, timing: copyTiming }),

    async read(uri, { maxBytes, signal }) {
      const source = downloadObject(send, parseUri(uri))
      try {
        return await pipeline(source, pieces => readAll(pieces, maxBytes), { signal })
      } catch (error) {
        signal.throwIfAborted()
        throw isMissing(error)
          ? new AppError('model_corrupt', "The model's file no longer exists.")
          : unavailableUnlessKnown(error)
      }
    },

    async write(uri, source, { metadata, signal }) {
      const target = { ...parseUri(uri), contentType: 'application/octet-stream', metadata }
      await uploadObject(send, target, source, {
        pieceBytes,
        signal,
        ...(uploadTiming ? { timing: uploadTiming } : {}),
      })
    },

    async remove(uri) {
      const { bucket, name } = parseUri(uri)
      client ??= connectStorage(options)
      const file = (await client).bucket(bucket).file(name)
      await file.delete({ ignoreNotFound: true }).catch((error: unknown) => {
        throw unavailableUnlessKnown(error)
      })
    },
  }
}

function parseUri(uri: string): { bucket: string; name: string } {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
  if (!bucket || !name) throw new AppError('invalid_input', `"${uri}" is not the address of an object.`)
  return { bucket, name }
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
  return error instanceof DownloadError && error.code === 404
}

function unavailableUnlessKnown(error: unknown): unknown {
  return isAppError(error) ? error : new AppError('unavailable', 'The storage did not answer.', { cause: error })
}
