import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isDiskFull, syncDir } from '../../durable.ts'
import { change, end, type Job } from '../job/state.ts'

/** What the edge asks for at a time; an answer over 32 MiB does not pass Cloud Run. */
const rangeSize = 16 * 1024 * 1024
/** A spool of the right size with another hash is fetched again so often. */
const hashTries = 3
/** What a spool leaves free on the disk: Klipper's logs, the outbox and the stubs have to be written, too. */
const spareBytes = 64 * 1024 * 1024

export function spoolDir(dataDir: string): string {
  return join(dataDir, 'spool')
}

export function spoolPath(dataDir: string, jobId: string): string {
  return join(spoolDir(dataDir), `${jobId}.lmnt`)
}

/**
 * Fetches the sealed G-code to the disk, as it is: sealed. Goes on where an earlier try ended, for as long as the job lives.
 * Ends the job when the marketplace says that it is over, or when what it serves is not what it announced.
 */
export async function spool(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const path = spoolPath(ctx.config.dataDir, job.id)
  await mkdir(spoolDir(ctx.config.dataDir), { recursive: true, mode: 0o700 })
  for (let wrong = 0; ; ) {
    try {
      await fetchRest(ctx, job, `${path}.part`, signal)
      if ((await sha256(`${path}.part`)) === job.record.claim.sha256) break
      await rm(`${path}.part`)
      if (++wrong < hashTries) continue
      const error = 'The sealed G-code is not the file that the marketplace announced.'
      return end(job, { kind: 'outcome', outcome: { status: 'failure', error, stats: { reason: 'gcode_corrupt' } } })
    } catch (error) {
      signal.throwIfAborted()
      if (isAppError(error, 'job_ended', 'not_found', 'gcode_expired')) {
        return end(job, { kind: 'dropped', why: error.code })
      }
      // What is there is of no use without the rest, and in the way of everything else on this host.
      if (isDiskFull(error)) await rm(`${path}.part`, { force: true }).catch(() => {})
      change(job, { problem: sentence(error) })
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the download is cut, trying again')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
  await rename(`${path}.part`, path)
  await syncDir(spoolDir(ctx.config.dataDir))
  change(job, { problem: null })
}

export async function removeSpool(dataDir: string, jobId: string): Promise<void> {
  const path = spoolPath(dataDir, jobId)
  await rm(path, { force: true })
  await rm(`${path}.part`, { force: true })
}

/** Removes what jobs that are no longer in hand have left behind. */
export async function removeOtherSpools(dataDir: string, jobIds: readonly string[]): Promise<void> {
  const names = await readdir(spoolDir(dataDir)).catch(() => [])
  for (const name of names.filter(one => !jobIds.some(id => one.startsWith(`${id}.`)))) {
    await rm(join(spoolDir(dataDir), name), { force: true })
  }
}

/** Asks for what is missing, a range at a time; a range counts as had only when it is on the disk. */
async function fetchRest(ctx: EdgeContext, job: Job, path: string, signal: AbortSignal): Promise<void> {
  const { size } = job.record.claim
  await requireRoom(ctx, size - (await sizeOf(path)))
  const file = await open(path, 'a', 0o600)
  try {
    let had = await sizeOf(path)
    if (had > size) {
      await file.truncate(0)
      had = 0
    }
    while (had < size) {
      const last = Math.min(had + rangeSize, size) - 1
      had += await append(file, ctx.marketplace.download(job.id, had, last, signal), last + 1 - had)
      await file.sync()
      change(job, { problem: null })
    }
  } finally {
    await file.close()
  }
}

async function append(file: FileHandle, chunks: AsyncIterable<Uint8Array>, most: number): Promise<number> {
  let written = 0
  for await (const chunk of chunks) {
    if (written + chunk.length > most)
      throw new AppError('marketplace_unavailable', 'More was sent than was asked for.')
    await file.writeFile(chunk)
    written += chunk.length
  }
  if (written === 0) throw new AppError('marketplace_unavailable', 'The download ended before it began.')
  return written
}

/** Throws what a full disk would, but before it is full. */
async function requireRoom(ctx: EdgeContext, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(spoolDir(ctx.config.dataDir))
  const missing = bytes + (ctx.config.spareBytes ?? spareBytes) - bavail * bsize
  if (missing <= 0) return
  throw Object.assign(new Error(`${missing} bytes are missing on the disk`), { code: 'ENOSPC' })
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function sentence(error: unknown): string {
  if (isDiskFull(error)) {
    return "The disk of the printer's host is full. Make room there; the download goes on by itself."
  }
  return 'The download was cut. It goes on by itself.'
}
