import { pipeline } from 'node:stream/promises'
import type { Storage } from '@google-cloud/storage'
import { connectStorage, openDownload, type StorageOptions } from '../../runtime/storage.ts'
import type { Bucket } from './bucket.ts'

export interface GoogleBucketOptions extends StorageOptions {
  bucketName: string
  /** How long a download may give nothing before it counts as broken. */
  stallMs?: number
}

export interface GoogleBucket extends Bucket {
  /** The bucket's project, by number, where the service tells it. Rejects when there is no such bucket for us. */
  projectNumber: () => Promise<string | undefined>
}

// One request a piece: what a failed request has to send again, and what an upload holds in memory.
const pieceBytes = 2 * 1024 * 1024

/** The bucket in Cloud Storage. Its client is loaded at the first use: loading it takes longer than all else at a start. */
export function googleBucket({ bucketName, stallMs, ...storage }: GoogleBucketOptions): GoogleBucket {
  const prefix = `gs://${bucketName}/`
  let client: Promise<Storage> | undefined
  const bucket = async () => {
    client ??= connectStorage(storage)
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
      await pipeline(source, target)
    },

    read(uri, range) {
      const name = nameOf(uri)
      const options = { decompress: false, ...(range ? { ...range, validation: false } : {}) }
      return openDownload(async () => (await bucket()).file(name).createReadStream(options), stallMs)
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
