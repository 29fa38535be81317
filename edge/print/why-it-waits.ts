import { isAppError } from '../../schema/http/errors.ts'
import { MoonrakerError } from '../moonraker/rpc.ts'

/** Why a print cannot be opened just now, for the person at the printer. Whatever it is, it is tried again. */
export function whyItWaits(error: unknown): string {
  return `${reason(error)} It goes on by itself.`
}

function reason(error: unknown): string {
  if (isAppError(error, 'marketplace_unavailable')) {
    return 'The marketplace cannot be reached, and it has to give the key of this print.'
  }
  if (isAppError(error, 'cws_unavailable')) return 'The key service of the marketplace cannot be reached.'
  if (isAppError(error, 'job_claimed_elsewhere')) {
    return 'Another start of this printer still holds this print; the marketplace lets go of it in a minute or so.'
  }
  if (isAppError(error, 'printer_offline') || error instanceof MoonrakerError)
    return 'Klipper cannot be asked just now.'
  return 'The key of this print cannot be had just now.'
}
