import { isAppError } from '../../../schema/http/errors.ts'
import { isDiskFull } from '../../durable.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import type { Action } from '../job/action.ts'

/** Why an action failed, for the person at the printer; null when that does not help them. The action is retried. */
export function problemOf(kind: Action['kind'], error: unknown, jobId: string): string | null {
  switch (kind) {
    case 'claim':
    case 'open':
      return `${whyNoKey(error, jobId)} The service tries again automatically.`
    case 'spool':
      if (!isDiskFull(error)) return 'The download was interrupted. The service continues it automatically.'
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
    return 'The marketplace, which has the key of this print, cannot be reached.'
  }
  if (isAppError(error, 'cws_unavailable')) return 'The key service of the marketplace cannot be reached.'
  if (isAppError(error, 'job_claimed_elsewhere')) {
    return `Print job ${jobId} is held by a previous run of this printer's LMNT service. It is released within a minute.`
  }
  if (isAppError(error, 'printer_offline') || error instanceof MoonrakerError) return 'Klipper does not answer.'
  return 'The key of this print is not available.'
}
