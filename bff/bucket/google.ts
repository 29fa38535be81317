import type { Storage } from '@google-cloud/storage'
import { connectStorage, type StorageOptions } from '../../runtime/storage/client.ts'
import { downloadObject } from '../../runtime/storage/download.ts'
import { storageRest } from '../../runtime/storage/rest.ts'
import type { RetryTiming } from '../../runtime/storage/retry.ts'
import { uploadObject } from '../../runtime/storage/upload.ts'
import type { Bucket } from './bucket.ts'

export interface GoogleBucketOptions extends StorageOptions {
  bucketName: string
  /** The longest silence of a download before it fails. */
  stallMs?: number
  /** Time limits and pauses of an upload while the storage fails. */
  uploadTiming?: RetryTiming
}

export interface GoogleBucket extends Bucket {
  /** The number of the bucket's project, if the service returns it. Rejects when we have no access to the bucket. */
  projectNumber: () => Promise<string | undefined>
}

// Each request sends one piece: the size of a retry and of an upload's buffer.
const pieceBytes = 2 * 1024 * 1024

/** The bucket in Cloud Storage. Google's client is imported at the first use: the import is the slowest part of a start. */
export function googleBucket({ bucketName, stallMs, uploadTiming, ...storage }: GoogleBucketOptions): GoogleBucket {
  const send = storageRest(storage)
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

    write(name, source) {
      const target = { bucket: bucketName, name, contentType: 'application/octet-stream' }
      return uploadObject(send, target, source, { pieceBytes, ...(uploadTiming ? { timing: uploadTiming } : {}) })
    },

    read(uri, range) {
      const name = nameOf(uri)
      return downloadObject(send, { bucket: bucketName, name }, { range, ...(stallMs ? { stallMs } : {}) })
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
