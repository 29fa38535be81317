import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Faults, strikes } from '../faults.ts'
import type { TokenIssuer } from '../issuer/issuer.ts'
import type { Project } from '../project.ts'
import { type Grant, type Permission, storageAccess } from './access.ts'
import { createBucket, getBucket } from './buckets.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { download } from './download.ts'
import { badRequest, noSuchBucket, StorageError } from './errors.ts'
import { deleteObject, getMetadata, listObjects, patchMetadata } from './objects.ts'
import { cancelResumable, continueResumable } from './resumable.ts'
import { rewriteObject } from './rewrite.ts'
import { openSessions } from './session.ts'
import { openStore } from './store.ts'
import { upload } from './upload.ts'

export interface StorageOptions {
  dataDir: string
  port: number
  project: Project
  issuer: TokenIssuer
  /** Made at the start when they are missing. */
  buckets: readonly { name: string; grants: readonly Grant[] }[]
  bucketCreators: readonly string[]
  faults: Faults
  clock: () => Date
  log: (text: string) => void
}

export interface StorageServer {
  url: string
  close: () => Promise<void>
}

interface Route {
  method: string
  path: RegExp
  /** The permission that the caller needs on the named bucket or object. Uploads check it themselves once they know the name. */
  permission?: Permission
  /** A condition on the query. */
  when?: (query: URLSearchParams) => boolean
  handle: (storage: Storage, call: Call) => Promise<void>
}

const bucketPath = /^\/storage\/v1\/b\/(?<bucket>[^/]+)$/
const objectsPath = /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/
const objectPath = /^(?:\/download)?\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)$/
const rewritePath =
  /^\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)\/rewriteTo\/b\/(?<toBucket>[^/]+)\/o\/(?<toObject>[^/]+)$/
const uploadPath = /^\/upload\/storage\/v1\/b\/(?<bucket>[^/]+)\/o$/

const isSession = (query: URLSearchParams) => query.has('upload_id')
const isMedia = (query: URLSearchParams) => query.get('alt') === 'media'

/** The calls that we answer, first match first. */
const routes: Route[] = [
  { method: 'POST', path: /^\/storage\/v1\/b$/, handle: createBucket },
  { method: 'GET', path: bucketPath, permission: 'buckets.get', handle: getBucket },
  { method: 'GET', path: objectsPath, permission: 'objects.list', handle: listObjects },
  { method: 'PUT', path: uploadPath, when: isSession, handle: continueResumable },
  { method: 'DELETE', path: uploadPath, when: isSession, handle: cancelResumable },
  { method: 'POST', path: uploadPath, handle: upload },
  { method: 'POST', path: rewritePath, permission: 'objects.get', handle: rewriteObject },
  { method: 'GET', path: objectPath, when: isMedia, permission: 'objects.get', handle: download },
  { method: 'GET', path: objectPath, permission: 'objects.get', handle: getMetadata },
  { method: 'PATCH', path: objectPath, permission: 'objects.update', handle: patchMetadata },
  { method: 'DELETE', path: objectPath, permission: 'objects.delete', handle: deleteObject },
]

/** Any other parameter would change a call in a way that the double does not support. */
const knownParameters = new Set([
  ...['alt', 'generation', 'ifGenerationMatch', 'ifMetagenerationMatch', 'maxResults', 'name', 'pageToken', 'prefix'],
  ...['prettyPrint', 'project', 'uploadType', 'upload_id'],
])

/** Serves the JSON API of Cloud Storage over files. */
export async function startStorage(options: StorageOptions): Promise<StorageServer> {
  const { dataDir, port, project, issuer, buckets, bucketCreators, faults, clock, log } = options
  const store = openStore(dataDir, clock)
  for (const { name } of buckets) if (!store.hasBucket(name)) store.createBucket(name)
  const grants = new Map(buckets.map(bucket => [bucket.name, bucket.grants]))
  const access = storageAccess({ issuer, grants, bucketCreators })
  const storage: Storage = { store, access, sessions: openSessions(store, clock), project, faults }

  const server = createServer((request, response) => {
    answer(storage, request, response).catch((error: unknown) => refuse(request, response, error, log))
  })
  // No time limit: uploads may be long.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(storage: Storage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://storage')
  if (storage.faults.storageDelayMs > 0) await sleep(storage.faults.storageDelayMs)
  if (strikes(storage.faults, 'storageRequestsToRefuse')) throw new StorageError(503, 'backendError', 'Backend Error')
  const email = await storage.access.identify(request.headers.authorization)
  for (const name of query.keys()) {
    if (!knownParameters.has(name)) throw badRequest(`Unknown name "${name}": this double does not know it.`)
  }
  for (const route of routes) {
    const names = route.method === request.method ? route.path.exec(pathname) : null
    if (!names || route.when?.(query) === false) continue
    const bucket = decode(names.groups?.bucket)
    const object = decode(names.groups?.object)
    if (bucket && !storage.store.hasBucket(bucket)) throw noSuchBucket()
    if (route.permission) storage.access.require(email, route.permission, bucket, object || undefined)
    const target = { bucket: decode(names.groups?.toBucket), object: decode(names.groups?.toObject) }
    return route.handle(storage, { request, response, query, email, bucket, object, target })
  }
  throw new StorageError(501, 'notImplemented', `This double does not answer ${request.method} ${pathname}.`)
}

function decode(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badRequest('The path is not valid.')
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown, log: (text: string) => void): void {
  if (response.headersSent || request.socket.destroyed) {
    response.destroy()
    return
  }
  const refusal = error instanceof StorageError ? error : new StorageError(500, 'backendError', 'Backend Error')
  if (refusal !== error) {
    log(`storage: ${request.method} ${request.url?.split('?')[0]}: ${error instanceof Error ? error.stack : error}`)
  }
  sendJson(response, refusal, refusal.status)
}
