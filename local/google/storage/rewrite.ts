import { copyFileSync, rmSync } from 'node:fs'
import { strikes } from '../faults.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { digestFile } from './digest.ts'
import { badRequest } from './errors.ts'
import { checkName } from './object.ts'

/** POST .../o/OBJECT/rewriteTo/b/BUCKET/o/OBJECT: a copy within the bucket, always done in one call. */
export async function rewriteObject({ store, access, faults }: Storage, call: Call): Promise<void> {
  const { request, response, email, bucket, object, target } = call
  if (target?.bucket !== bucket) throw badRequest('This double copies within one bucket.')
  const name = checkName(target.object)
  access.require(email, 'objects.create', bucket, name)
  if (store.find(bucket, name)) access.require(email, 'objects.delete', bucket, name)
  const { contentType, metadata, ...found } = store.get(bucket, object)
  request.resume()
  const draft = store.draftPath()
  try {
    copyFileSync(store.bodyPath({ contentType, metadata, ...found }), draft)
    const fields = { contentType, ...(metadata ? { metadata } : {}) }
    const copy = store.put({ bucket, name, fields, preconditions: {} }, draft, await digestFile(draft))
    if (strikes(faults, 'copyAnswersToDrop')) return void request.socket.destroy()
    const done = { kind: 'storage#rewriteResponse', done: true, objectSize: copy.size, totalBytesRewritten: copy.size }
    sendJson(response, { ...done, resource: copy })
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
