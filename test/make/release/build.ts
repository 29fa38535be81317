import { spawnSync } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import yauzl, { type Entry, type ZipFile } from 'yauzl'

/** `npm run release` with these arguments, in a process with this time zone and umask. */
export function runRelease(args: string[], { timeZone = 'UTC', umask = '022' } = {}) {
  const command = `umask ${umask} && exec "$0" --import tsx local/release/main.ts "$@"`
  const env = { ...process.env, TZ: timeZone }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...args], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const openZip = promisify<string, { lazyEntries: true; autoClose: false }, ZipFile>(yauzl.open)

/** The files of a zip archive, in its order. */
export async function readZip(path: string): Promise<{ path: string; mode: number; content: Buffer }[]> {
  const zip = await openZip(path, { lazyEntries: true, autoClose: false })
  const entries = await new Promise<Entry[]>((resolve, reject) => {
    const found: Entry[] = []
    zip.on('entry', (entry: Entry) => {
      found.push(entry)
      zip.readEntry()
    })
    zip.on('error', reject)
    zip.on('end', () => resolve(found))
    zip.readEntry()
  })
  const open = promisify(
    zip.openReadStream.bind(zip) as (
      entry: Entry,
      done: (error: Error | null, stream: NodeJS.ReadableStream) => void,
    ) => void,
  )
  const files: { path: string; mode: number; content: Buffer }[] = []
  for (const entry of entries) {
    const content = await buffer(await open(entry))
    files.push({ path: entry.fileName, mode: (entry.externalFileAttributes >>> 16) & 0o7777, content })
  }
  zip.close()
  return files
}
