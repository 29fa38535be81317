import { z } from 'zod'
import { readJson } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { parseFields } from './object.ts'

/** POST /storage/v1/b */
export async function createBucket({ store, access }: Storage, { request, response, email }: Call): Promise<void> {
  access.requireBucketCreator(email)
  const { name } = parseFields(z.object({ name: z.string() }), await readJson(request))
  store.createBucket(name)
  sendJson(response, bucketResource(name))
}

/** GET /storage/v1/b/BUCKET */
export async function getBucket(_: Storage, { response, bucket }: Call): Promise<void> {
  sendJson(response, bucketResource(bucket))
}

function bucketResource(name: string): object {
  return { kind: 'storage#bucket', id: name, name, location: 'LOCAL', storageClass: 'STANDARD' }
}
