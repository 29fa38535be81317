import { isAppError } from '../../../schema/http/errors.ts'
import { isDiskFull } from '../../durable.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import type { Action } from '../job/action.ts'

/** Why an action of this kind failed, for the person at the printer; null where that is of no use to them. It is tried again. */
export function problemOf(kind: Action['kind'], error: unknown, jobId: string): string | null {
  switch (kind) {
    case 'claim':
    case 'open':
      return `${whyNoKey(error, jobId)} It is tried again automatically.`
    case 'spool':
      if (!isDiskFull(error)) return 'The download was cut. It continues automatically.'
      return "The disk of the printer's host is full. Make room there; the download continues automatically."
    case 'ask':
      if (!(error instanceof MoonrakerError)) return null
      return 'Cannot show the confirmation dialog. Check that [lmnt_stream] is in printer.cfg and up to date.'
    default:
      return null
  }
}

function whyNoKey(error: unknown, jobId: string): string {
  if (isAppError(error, 'marketplace_unavailable')) {
    return 'The marketplace cannot be reached, and it has to give the key of this print.'
  }
  if (isAppError(error, 'cws_unavailable')) return 'The key service of the marketplace cannot be reached.'
  if (isAppError(error, 'job_claimed_elsewhere')) {
    return `Print job ${jobId} is held by a previous run of this printer's LMNT service. It is released within a minute.`
  }
  if (isAppError(error, 'printer_offline') || error instanceof MoonrakerError) return 'Klipper does not answer.'
  return 'The key of this print is not available.'
}
