import { rmSync } from 'node:fs'
import { appendBody, parseJson, readJson, uploadPieces } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { type Digest, digestFile } from './digest.ts'
import { badRequest } from './errors.ts'
import { readMultipart } from './multipart.ts'
import {
  checkCustomMetadata,
  checkName,
  checkPreconditions,
  type InsertFields,
  insertFields,
  parseFields,
  readPreconditions,
  type StoredObject,
} from './object.ts'
import type { Upload } from './store.ts'

/** POST /upload/storage/v1/b/BUCKET/o: by uploadType, an object in one request or the beginning of a session. */
export async function upload(storage: Storage, call: Call): Promise<void> {
  switch (call.query.get('uploadType')) {
    case 'media':
      return sendJson(call.response, await uploadMedia(storage, call))
    case 'multipart':
      return sendJson(call.response, await uploadMultipart(storage, call))
    case 'resumable':
      return beginResumable(storage, call)
    default:
      throw badRequest('uploadType must be media, multipart or resumable.')
  }
}

function uploadMedia(storage: Storage, call: Call): Promise<StoredObject> {
  const contentType = call.request.headers['content-type']
  const insert = checkInsert(storage, call, contentType ? { contentType } : {})
  return store(storage, call, insert, uploadPieces(call.request, storage.faults))
}

async function uploadMultipart(storage: Storage, call: Call): Promise<StoredObject> {
  const pieces = uploadPieces(call.request, storage.faults)
  const { json, contentType, body } = await readMultipart(pieces, call.request.headers['content-type'])
  const fields = parseFields(insertFields, parseJson(json))
  return store(storage, call, checkInsert(storage, call, withContentType(fields, contentType)), body)
}

/** Checks the request, stores the session and answers the address for its body. */
async function beginResumable(storage: Storage, call: Call): Promise<void> {
  const header = call.request.headers['x-upload-content-type']
  const fields = parseFields(insertFields, await readJson(call.request))
  const insert = checkInsert(storage, call, withContentType(fields, header?.toString()))
  const session = storage.sessions.begin({ ...insert, email: call.email })
  const query = `uploadType=resumable&upload_id=${session.id}`
  const location = `http://${call.request.headers.host}/upload/storage/v1/b/${call.bucket}/o?${query}`
  call.response.writeHead(200, { location, 'x-guploader-uploadid': session.id, 'content-length': 0 }).end()
}

interface Insert extends Upload {
  fields: InsertFields
}

function checkInsert({ store, access }: Storage, { email, bucket, query }: Call, fields: InsertFields): Insert {
  const name = checkName(fields.name ?? query.get('name'))
  checkCustomMetadata(fields.metadata)
  access.require(email, 'objects.create', bucket, name)
  const before = store.find(bucket, name)
  if (before) access.require(email, 'objects.delete', bucket, name)
  const preconditions = readPreconditions(query)
  checkPreconditions(before, preconditions)
  return { bucket, name, fields, preconditions }
}

function withContentType(fields: InsertFields, contentType: string | undefined): InsertFields {
  return fields.contentType || !contentType ? fields : { ...fields, contentType }
}

async function store(storage: Storage, call: Call, insert: Insert, body: AsyncIterable<Buffer>): Promise<StoredObject> {
  const path = storage.store.draftPath()
  try {
    await appendBody(path, body)
    return await complete(storage, call, insert, path)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** Makes a complete body the object, if it has the hashes that its writer named. */
export async function complete(
  { store, access }: Storage,
  { request, email }: Pick<Call, 'request' | 'email'>,
  insert: Insert,
  path: string,
): Promise<StoredObject> {
  const digest = await digestFile(path)
  const { name: _, crc32c, md5Hash, ...fields } = insert.fields
  checkHashes(digest, { crc32c, md5: md5Hash })
  checkHashes(digest, hashHeader(request.headers['x-goog-hash']?.toString()))
  if (store.find(insert.bucket, insert.name)) access.require(email, 'objects.delete', insert.bucket, insert.name)
  return store.put({ ...insert, fields }, path, digest)
}

/** Reads "crc32c=...,md5=..." */
function hashHeader(header = ''): Record<string, string> {
  const parts = header.split(',').map(part => /^\s*(\w+)=(\S+)\s*$/.exec(part))
  return Object.fromEntries(parts.flatMap(part => (part ? [[part[1], part[2]]] : [])))
}

function checkHashes(digest: Digest, expected: { crc32c?: string | undefined; md5?: string | undefined }): void {
  const check = (kind: string, said: string | undefined, found: string) => {
    if (said !== undefined && said !== found) {
      throw badRequest(`Provided ${kind} "${said}" doesn't match calculated ${kind} "${found}".`)
    }
  }
  check('CRC32C', expected.crc32c, digest.crc32c)
  check('MD5 hash', expected.md5, digest.md5Hash)
}
