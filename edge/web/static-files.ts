import { createHash } from 'node:crypto'
import { type Dirent, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'

/** A file of the built page, which may be there compressed as well. */
interface StaticFile {
  path: string
  type: string
  /** Its name has a hash of its content. */
  isImmutable: boolean
  encodings: ('br' | 'gzip')[]
}

export interface StaticFiles {
  /** Null when there is no such file. */
  find: (urlPath: string) => StaticFile | null
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
const endings = { br: '.br', gzip: '.gz' } as const

/**
 * The files of a folder, listed once; no address serves a file outside this list. Contents are read for each request, so that an idle edge
 * does not hold them.
 */
export function listStaticFiles(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>()
  const names = new Set(filesIn(folder))
  for (const name of names) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const path = join(folder, name)
    files.set(`/${name}`, {
      path,
      type,
      isImmutable: name.startsWith('assets/'),
      encodings: (['br', 'gzip'] as const).filter(encoding => names.has(name + endings[encoding])),
    })
  }
  return { find: urlPath => files.get(urlPath === '/' ? '/index.html' : urlPath) ?? null }
}

function filesIn(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  } catch {
    return []
  }
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
}

export interface StaticContent {
  bytes: Buffer
  encoding: string | null
  /** Of these bytes: two builds of a page may have the same size and, unpacked from archives, the same time. Null for immutable files. */
  etag: string | null
}

/** Reads a file in the best form that the client accepts. Null when it is gone: the page has been built anew since. */
export async function readStaticFile(
  { path, isImmutable, encodings }: StaticFile,
  acceptEncoding: string | undefined,
): Promise<StaticContent | null> {
  const accepted = (acceptEncoding ?? '').split(',').map(one => one.split(';')[0]?.trim())
  const encoding = encodings.find(one => accepted.includes(one)) ?? null
  const bytes = await readFile(encoding === null ? path : path + endings[encoding]).catch(() => null)
  return bytes && { bytes, encoding, etag: isImmutable ? null : etagOf(bytes) }
}

const etagOf = (bytes: Buffer) => `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
