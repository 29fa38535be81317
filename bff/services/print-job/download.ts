import type { Readable } from 'node:stream'
import { eq } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from '../printer/internal.ts'
import { activeStates, jobOfPrinter } from './internal.ts'

export interface Download {
  /** Bytes [start, end] (both included) of `size`. */
  start: number
  end: number
  size: number
  isPartial: boolean
  open: () => Readable
}

/**
 * The sealed G-code of the printer's own active job, whole or one range of it, as a stream.
 * Errors: not_found, forbidden, job_ended, range_not_satisfiable.
 */
export async function downloadGcode(ctx: Context, jobId: string, range: string | undefined): Promise<Download> {
  const printer = await requirePrinter(ctx)
  const job = await jobOfPrinter(ctx.db, jobId, printer.printerId)
  if (!activeStates.some(state => state === job.status)) {
    throw new AppError('job_ended', `Print job ${jobId} is ${job.status}: there is nothing to download.`)
  }
  const [sealed] = await ctx.db
    .select({ uri: preparations.gcodeFileUrl, size: preparations.gcodeSize })
    .from(preparations)
    .where(eq(preparations.preparationId, job.preparationId))
  if (!sealed?.uri || !sealed.size) throw new AppError('gcode_expired', 'The G-code is not there any more.')
  const { uri, size } = sealed
  const { start, end } = parseRange(range, size)
  return { start, end, size, isPartial: range !== undefined, open: () => ctx.bucket.read(uri, { start, end }) }
}

/** One range of RFC 9110: "bytes=0-99", "bytes=100-" or "bytes=-100". Several at once are refused. */
function parseRange(range: string | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size - 1 }
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim())
  const [, from = '', to = ''] = match ?? []
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (!match || (from === '' && Number(to) === 0) || start >= size || start > end) {
    throw new AppError('range_not_satisfiable', `The file has ${size} bytes: ask for a range in it.`)
  }
  return { start, end }
}
