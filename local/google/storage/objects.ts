import { readJson } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { badRequest } from './errors.ts'
import { checkPreconditions, parseFields, patchFields, readPreconditions } from './object.ts'

/** GET .../o/OBJECT */
export async function getMetadata({ store }: Storage, { response, bucket, object, query }: Call): Promise<void> {
  const found = store.get(bucket, object, query.get('generation'))
  checkPreconditions(found, readPreconditions(query))
  sendJson(response, found)
}

/** PATCH .../o/OBJECT */
export async function patchMetadata({ store }: Storage, call: Call): Promise<void> {
  const { request, response, bucket, object, query } = call
  const changes = parseFields(patchFields, await readJson(request))
  const found = store.get(bucket, object, query.get('generation'))
  checkPreconditions(found, readPreconditions(query))
  sendJson(response, store.patch(found, changes))
}

/** DELETE .../o/OBJECT */
export async function deleteObject({ store }: Storage, { response, bucket, object, query }: Call): Promise<void> {
  const found = store.get(bucket, object, query.get('generation'))
  checkPreconditions(found, readPreconditions(query))
  store.remove(found)
  response.writeHead(204).end()
}

/** GET .../o?prefix=: pages in the order of the names; the page's token is its last name. */
export async function listObjects({ store }: Storage, { response, bucket, query }: Call): Promise<void> {
  const limit = Number(query.get('maxResults') ?? 1000)
  if (!Number.isInteger(limit) || limit < 1) throw badRequest('Invalid value for maxResults.')
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64url').toString()
  const size = Math.min(limit, 1000)
  const found = store.list(bucket, { prefix: query.get('prefix') ?? '', after, limit: size + 1 })
  const items = found.slice(0, size)
  const token = found.length > size ? Buffer.from(items.at(-1)!.name).toString('base64url') : undefined
  sendJson(response, { kind: 'storage#objects', items, ...(token ? { nextPageToken: token } : {}) })
}
