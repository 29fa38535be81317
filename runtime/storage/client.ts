import { pipeline, type Readable, Transform } from 'node:stream'
import type { Storage } from '@google-cloud/storage'

export interface StorageOptions {
  projectId: string
  /** Another address than Google's: locally the double's. */
  apiEndpoint?: string
}

/** Cloud Storage's client, loaded when it is asked for: loading it takes longer than all else at a start. */
export async function connectStorage({ projectId, apiEndpoint }: StorageOptions): Promise<Storage> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage')
  return new Storage({
    projectId,
    // Names are never used twice, so that each of our calls may be sent again.
    retryOptions: { idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    ...(apiEndpoint ? elsewhere(apiEndpoint) : {}),
  })
}

/** For uploads the client forgets useAuthWithCustomEndpoint; at an address of its own universe it sends its token always. */
function elsewhere(apiEndpoint: string) {
  return { apiEndpoint, useAuthWithCustomEndpoint: true, universeDomain: new URL(apiEndpoint).hostname }
}

const silenceMs = 20_000

/**
 * A download as a stream that always ends. The client's own neither ends nor fails when its connection breaks off in the
 * middle: `stallMs` of silence while we would take more count as broken. Ended early, it ends its source, too.
 */
export function openDownload(open: () => Promise<Readable>, stallMs = silenceMs): Readable {
  const stream = new Transform({
    transform(piece, _encoding, done) {
      timer.refresh()
      done(null, piece)
    },
  })
  const timer = setTimeout(() => {
    // Full: whoever reads is slow, not the storage.
    if (stream.readableLength >= stream.readableHighWaterMark) timer.refresh()
    else stream.destroy(new Error(`the storage sent nothing for ${stallMs / 1000} s`))
  }, stallMs)
  stream.once('close', () => clearTimeout(timer))
  open().then(
    source => pipeline(source, stream, () => {}),
    error => stream.destroy(error),
  )
  return stream
}
