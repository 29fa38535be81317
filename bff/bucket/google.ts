import { PassThrough, pipeline, type Readable } from 'node:stream'
import { pipeline as pipelineDone } from 'node:stream/promises'
import type { Storage } from '@google-cloud/storage'
import type { Bucket } from './bucket.ts'

export interface GoogleBucketOptions {
  bucketName: string
  projectId: string
  /** Another address than Google's: locally the double's. */
  apiEndpoint?: string
}

export interface GoogleBucket extends Bucket {
  /** The bucket's project, by number, where the service tells it. Rejects when there is no such bucket for us. */
  projectNumber: () => Promise<string | undefined>
}

// One request a piece: what a failed request has to send again, and what an upload holds in memory.
const pieceBytes = 2 * 1024 * 1024

/** The bucket in Cloud Storage. Its client is loaded at the first use: loading it takes longer than all else at a start. */
export function googleBucket({ bucketName, projectId, apiEndpoint }: GoogleBucketOptions): GoogleBucket {
  const prefix = `gs://${bucketName}/`
  let client: Promise<Storage> | undefined
  const bucket = async () => {
    client ??= connect(projectId, apiEndpoint)
    return (await client).bucket(bucketName)
  }

  function nameOf(uri: string): string {
    const name = uri.startsWith(prefix) ? uri.slice(prefix.length) : ''
    if (!name) throw new Error(`not an object of the bucket ${bucketName}: ${uri}`)
    return name
  }

  return {
    uri: name => prefix + name,

    async write(name, source) {
      const target = (await bucket()).file(name).createWriteStream({
        resumable: true,
        chunkSize: pieceBytes,
        contentType: 'application/octet-stream',
      })
      await pipelineDone(source, target)
    },

    read(uri, range) {
      const name = nameOf(uri)
      return openLater(async () =>
        (await bucket()).file(name).createReadStream({
          decompress: false,
          ...(range ? { ...range, validation: false } : {}),
        }),
      )
    },

    async remove(uri) {
      const name = nameOf(uri)
      await (await bucket()).file(name).delete({ ignoreNotFound: true })
    },

    async projectNumber() {
      const [metadata] = await (await bucket()).getMetadata()
      return metadata.projectNumber?.toString()
    },
  }
}

async function connect(projectId: string, apiEndpoint: string | undefined): Promise<Storage> {
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

/** A stream whose source is opened meanwhile; ended early, it ends its source, too. */
function openLater(open: () => Promise<Readable>): Readable {
  const stream = new PassThrough()
  open().then(
    source => pipeline(source, stream, () => {}),
    error => stream.destroy(error),
  )
  return stream
}
