import { z } from 'zod'
import type { Project } from '../project.ts'
import { readJson } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { parseFields } from './object.ts'

/** POST /storage/v1/b */
export async function createBucket(
  { store, access, project }: Storage,
  { request, response, email }: Call,
): Promise<void> {
  access.requireBucketCreator(email)
  const { name } = parseFields(z.object({ name: z.string() }), await readJson(request))
  store.createBucket(name)
  sendJson(response, bucketResource(name, project))
}

/** GET /storage/v1/b/BUCKET */
export async function getBucket({ project }: Storage, { response, bucket }: Call): Promise<void> {
  sendJson(response, bucketResource(bucket, project))
}

function bucketResource(name: string, project: Project): object {
  const { number: projectNumber } = project
  return { kind: 'storage#bucket', id: name, name, projectNumber, location: 'LOCAL', storageClass: 'STANDARD' }
}
