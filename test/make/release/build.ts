import { spawnSync } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { openPromise } from 'yauzl'

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

/** The files of a zip archive, in its order. */
export async function readZip(path: string): Promise<{ path: string; mode: number; content: Buffer }[]> {
  const zip = await openPromise(path)
  const files: { path: string; mode: number; content: Buffer }[] = []
  for await (const entry of zip.eachEntry()) {
    const content = await buffer(await zip.openReadStreamPromise(entry))
    files.push({ path: entry.fileName, mode: (entry.externalFileAttributes >>> 16) & 0o7777, content })
  }
  return files
}
