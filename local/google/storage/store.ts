import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder, writeDurably } from '../durable.ts'
import type { Digest } from './digest.ts'
import { noSuchBucket, noSuchObject, StorageError } from './errors.ts'
import {
  checkCustomMetadata,
  checkPreconditions,
  type ObjectFields,
  type PatchFields,
  type Preconditions,
  type StoredObject,
  storedObject,
} from './object.ts'

export interface ObjectStore {
  createBucket: (name: string) => void
  hasBucket: (name: string) => boolean
  /** The object, or undefined; throws when there is no such bucket. */
  find: (bucket: string, name: string) => StoredObject | undefined
  /** The object; throws when there is none, or not of this generation. */
  get: (bucket: string, name: string, generation?: string | null) => StoredObject
  list: (bucket: string, options: { prefix: string; after: string; limit: number }) => StoredObject[]
  /** Makes a complete body file the object of that name, in one step for every reader. */
  put: (upload: Upload, bodyFile: string, digest: Digest) => StoredObject
  patch: (object: StoredObject, changes: PatchFields) => StoredObject
  remove: (object: StoredObject) => void
  bodyPath: (object: StoredObject) => string
  /** A path for a body that is not complete; on the disk of the bodies, so that `put` only renames it. */
  draftPath: (id?: string) => string
}

export interface Upload {
  bucket: string
  name: string
  fields: ObjectFields
  preconditions: Preconditions
}

/**
 * Objects in files: a body is named by its generation, and the small file of metadata, replaced in one step, says which
 * generation is the object's. A crash in between leaves a body that nothing names, which the next start removes.
 */
export function openStore(dataDir: string, clock: () => Date): ObjectStore {
  const drafts = join(dataDir, 'uploads')
  const root = join(dataDir, 'buckets')
  for (const folder of [drafts, root]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const buckets = new Map<string, Map<string, StoredObject>>()
  for (const bucket of readdirSync(root)) buckets.set(bucket, loadBucket(join(root, bucket)))
  let lastGeneration = 0

  const objectsOf = (bucket: string) => {
    const objects = buckets.get(bucket)
    if (!objects) throw noSuchBucket()
    return objects
  }
  const metadataPath = ({ bucket, name }: { bucket: string; name: string }) =>
    join(root, bucket, 'objects', `${createHash('sha256').update(name).digest('hex')}.json`)
  const bodyPath = ({ bucket, generation }: StoredObject) => join(root, bucket, 'bodies', generation)
  const save = (object: StoredObject) => {
    writeDurably(metadataPath(object), JSON.stringify(object))
    objectsOf(object.bucket).set(object.name, object)
    return object
  }

  return {
    bodyPath,
    draftPath: (id = randomUUID()) => join(drafts, `${id}.body`),
    hasBucket: name => buckets.has(name),
    find: (bucket, name) => objectsOf(bucket).get(name),

    createBucket(name) {
      if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name)) {
        throw new StorageError(400, 'invalid', `Invalid bucket name: '${name}'`)
      }
      if (buckets.has(name)) throw new StorageError(409, 'conflict', 'You already own this bucket.')
      mkdirSync(join(root, name), { mode: 0o700 })
      syncFolder(root)
      buckets.set(name, loadBucket(join(root, name)))
    },

    get(bucket, name, generation) {
      const object = objectsOf(bucket).get(name)
      if (!object || (generation && generation !== object.generation)) throw noSuchObject(bucket, name)
      return object
    },

    list(bucket, { prefix, after, limit }) {
      const names = [...objectsOf(bucket).keys()].filter(name => name.startsWith(prefix) && name > after).sort()
      return names.slice(0, limit).map(name => objectsOf(bucket).get(name)!)
    },

    put({ bucket, name, fields, preconditions }, bodyFile, digest) {
      const before = objectsOf(bucket).get(name)
      checkPreconditions(before, preconditions)
      lastGeneration = Math.max(lastGeneration + 1, clock().getTime() * 1000, Number(before?.generation ?? 0) + 1)
      const generation = String(lastGeneration)
      const now = clock().toISOString()
      const object: StoredObject = {
        kind: 'storage#object',
        id: `${bucket}/${name}/${generation}`,
        bucket,
        name,
        generation,
        metageneration: '1',
        contentType: 'application/octet-stream',
        ...fields,
        size: String(digest.size),
        crc32c: digest.crc32c,
        md5Hash: digest.md5Hash,
        etag: `${generation}/1`,
        storageClass: 'STANDARD',
        timeCreated: now,
        updated: now,
      }
      renameSync(bodyFile, bodyPath(object))
      syncFolder(dirname(bodyPath(object)))
      save(object)
      if (before) rmSync(bodyPath(before), { force: true })
      return object
    },

    patch(object, changes) {
      const { metadata, ...fields } = changes
      const custom = metadata === null ? {} : withoutNulls({ ...object.metadata, ...metadata })
      checkCustomMetadata(custom)
      const metageneration = String(Number(object.metageneration) + 1)
      const changed = withoutNulls({
        ...object,
        ...fields,
        metadata: custom,
        metageneration,
        etag: `${object.generation}/${metageneration}`,
        updated: clock().toISOString(),
      })
      return save(storedObject.parse(changed))
    },

    remove(object) {
      rmSync(metadataPath(object))
      objectsOf(object.bucket).delete(object.name)
      rmSync(bodyPath(object), { force: true })
    },
  }
}

function loadBucket(folder: string): Map<string, StoredObject> {
  const [metadata, bodies] = [join(folder, 'objects'), join(folder, 'bodies')]
  for (const path of [metadata, bodies]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const objects = new Map<string, StoredObject>()
  for (const file of readdirSync(metadata).filter(name => name.endsWith('.json'))) {
    const object = storedObject.parse(JSON.parse(readFileSync(join(metadata, file), 'utf8')))
    objects.set(object.name, object)
  }
  const named = new Set([...objects.values()].map(object => object.generation))
  for (const body of readdirSync(bodies).filter(name => !named.has(name))) rmSync(join(bodies, body))
  return objects
}

function withoutNulls<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], null> } {
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], null> }
}
