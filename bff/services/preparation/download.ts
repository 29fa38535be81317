import type { Readable } from 'node:stream'
import { eq } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from '../printer/index.ts'

export interface Download {
  /** Bytes [start, end] (both included) of `size`. */
  start: number
  end: number
  size: number
  isPartial: boolean
  open: () => Readable
}

/**
 * Streams the sealed G-code of a completed preparation to the printer that it was made for, whole or one range.
 * Errors: not_found, forbidden, not_prepared, gcode_expired, range_not_satisfiable.
 */
export async function downloadPrepared(
  ctx: Context,
  preparationId: string,
  range: string | undefined,
): Promise<Download> {
  const printer = await requirePrinter(ctx)
  const [found] = await ctx.db.select().from(preparations).where(eq(preparations.preparationId, preparationId))
  if (!found) throw new AppError('not_found', `There is no preparation ${preparationId}.`)
  if (found.printerId !== printer.printerId) {
    throw new AppError('forbidden', `Preparation ${preparationId} was made for another printer.`)
  }
  if (found.status !== 'completed') {
    const code = found.status === 'expired' ? 'gcode_expired' : 'not_prepared'
    throw new AppError(code, `Preparation ${preparationId} is ${found.status}: there is nothing to download.`)
  }
  return openGcode(ctx, preparationId, range)
}

/** Opens the stored G-code of a preparation. The caller has checked access. Errors: gcode_expired, range_not_satisfiable. */
export async function openGcode(ctx: Context, preparationId: string, range: string | undefined): Promise<Download> {
  const [sealed] = await ctx.db
    .select({ uri: preparations.gcodeFileUrl, size: preparations.gcodeSize })
    .from(preparations)
    .where(eq(preparations.preparationId, preparationId))
  if (!sealed?.uri || !sealed.size)
    throw new AppError('gcode_expired', 'The G-code has expired. Prepare the purchase again.')
  const { uri, size } = sealed
  const { start, end } = parseRange(range, size)
  return { start, end, size, isPartial: range !== undefined, open: () => ctx.bucket.read(uri, { start, end }) }
}

/** Parses one range of RFC 9110: "bytes=0-99", "bytes=100-" or "bytes=-100". Several ranges are refused. */
function parseRange(range: string | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size - 1 }
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim())
  const [, from = '', to = ''] = match ?? []
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (!match || (from === '' && Number(to) === 0) || start >= size || start > end) {
    throw new AppError('range_not_satisfiable', `The file has ${size} bytes. Request a range within it.`)
  }
  return { start, end }
}
