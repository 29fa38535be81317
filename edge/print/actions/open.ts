import { isAppError } from '../../../schema/http/errors.ts'
import type { EdgeContext } from '../../context.ts'
import { type OpenGcode, openGcode, type SealedJob, SpoolMissing } from '../gcode/open.ts'

/** `unspooled`: the spool must be fetched again. `corrupt`: the job can never be printed. `dropped`: the marketplace has ended it. */
export type OpenResult =
  | { kind: 'opened'; gcode: OpenGcode }
  | { kind: 'unspooled' }
  | { kind: 'corrupt'; code: string; message: string }
  | { kind: 'dropped'; why: string }

/** Permanent errors: the job fails, which gives its right back. */
const unusable = [
  'gcode_corrupt',
  'gcode_rejected',
  'key_blob_invalid',
  'key_context_mismatch',
  'openings_exhausted',
] as const

/** Opens a job's G-code. Errors: the temporary ones of openGcode: no key now, or no Klipper that lists its commands. */
export async function open(ctx: EdgeContext, sealed: SealedJob, signal: AbortSignal): Promise<OpenResult> {
  try {
    const gcode = await openGcode(ctx, sealed, signal)
    if (!signal.aborted) return { kind: 'opened', gcode }
    await gcode.close()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SpoolMissing) {
      ctx.log.warn({ err: error, print_job_id: sealed.id }, 'the sealed G-code is fetched again')
      return { kind: 'unspooled' }
    }
    if (isAppError(error, ...unusable)) {
      ctx.log.error({ print_job_id: sealed.id, code: error.code }, 'the G-code cannot be used')
      return { kind: 'corrupt', code: error.code, message: error.message }
    }
    if (isAppError(error, 'job_ended', 'not_found')) return { kind: 'dropped', why: error.code }
    throw error
  }
  throw signal.reason
}
