import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { defaultSpareBytes } from '../../config.ts'
import type { EdgeContext } from '../../context.ts'
import { isDiskFull, syncDir } from '../../durable.ts'
import { sha256Of, spoolDir, spoolPath } from '../gcode/spool-file.ts'

/** Bytes per request; an answer over 32 MiB does not pass Cloud Run. */
const rangeSize = 16 * 1024 * 1024

export interface SpoolValues {
  id: string
  /** Size and hash of the sealed file, as the marketplace announced them. */
  size: number
  sha256: string
}

/**
 * `part`: the next range of the sealed G-code is on the disk. `whole`: the whole file is, with the announced hash. `wrong`: its hash
 * was another one, and the file is removed. `dropped`: the marketplace has ended the job.
 */
export type SpoolResult = { kind: 'part' | 'whole' | 'wrong' } | { kind: 'dropped'; why: string }

/**
 * Fetches the next range of a job's sealed G-code to the disk, where it stays sealed. Continues where an earlier try ended. Errors:
 * marketplace_unavailable and the marketplace's refusals, ENOSPC, and others of the disk.
 */
export async function spool(
  ctx: EdgeContext,
  { id, size, sha256 }: SpoolValues,
  signal: AbortSignal,
): Promise<SpoolResult> {
  const path = spoolPath(ctx.config.dataDir, id)
  const part = `${path}.part`
  await mkdir(spoolDir(ctx.config.dataDir), { recursive: true, mode: 0o700 })
  try {
    if (!(await fetchRange(ctx, { id, size, part }, signal))) return { kind: 'part' }
    if ((await sha256Of(part, signal)) !== sha256) {
      await rm(part)
      return { kind: 'wrong' }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (isAppError(error, 'job_ended', 'not_found', 'gcode_expired')) return { kind: 'dropped', why: error.code }
    // The partial file is useless without the rest, and other programs need the space.
    if (isDiskFull(error)) await rm(part, { force: true }).catch(() => {})
    throw error
  }
  await rename(part, path)
  await syncDir(spoolDir(ctx.config.dataDir))
  return { kind: 'whole' }
}

/** Fetches at most one range of the missing bytes and syncs it to the disk. Returns whether the file is complete. */
async function fetchRange(
  ctx: EdgeContext,
  { id, size, part }: { id: string; size: number; part: string },
  signal: AbortSignal,
): Promise<boolean> {
  await requireRoom(ctx, size - (await sizeOf(part)))
  const file = await open(part, 'a', 0o600)
  try {
    let received = await sizeOf(part)
    if (received > size) {
      await file.truncate(0)
      received = 0
    }
    if (received < size) {
      const last = Math.min(received + rangeSize, size) - 1
      received += await append(file, ctx.marketplace.download(id, received, last, signal), last + 1 - received)
      await file.sync()
    }
    return received === size
  } finally {
    await file.close()
  }
}

async function append(file: FileHandle, chunks: AsyncIterable<Uint8Array>, most: number): Promise<number> {
  let written = 0
  for await (const chunk of chunks) {
    if (written + chunk.length > most)
      throw new AppError('marketplace_unavailable', 'The download has more bytes than requested.')
    await file.writeFile(chunk)
    written += chunk.length
  }
  if (written === 0) throw new AppError('marketplace_unavailable', 'The download ended without any bytes.')
  return written
}

/** Throws ENOSPC before the disk is full. */
async function requireRoom(ctx: EdgeContext, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(spoolDir(ctx.config.dataDir))
  const missing = bytes + (ctx.config.spareBytes ?? defaultSpareBytes) - bavail * bsize
  if (missing <= 0) return
  throw Object.assign(new Error(`${missing} bytes are missing on the disk`), { code: 'ENOSPC' })
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0
}
