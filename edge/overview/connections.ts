import type { ConnectionFact, FactName, factCodes, PageConnections } from '../../schema/page/state.ts'
import type { PrinterState } from '../moonraker/printer-state.ts'
import { joinLines, plainText } from '../plain-text.ts'

export interface ConnectionFacts {
  printer: Pick<PrinterState, 'isConnected' | 'klippy' | 'klippyMessage' | 'hasExtra'>
  marketplaceUrl: string
  /** Null: not asked yet. */
  isMarketplaceReached: boolean | null
  /** The marketplace refuses the printer's token. */
  isTokenRefused: boolean
  /** How far this host's clock is ahead of the marketplace's. */
  clockAheadMs: number | null
  /** The free space of the data folder's disk; null: not known. */
  freeBytes: number | null
  /** The free space that a download must leave. */
  spareBytes: number
}

/** Larger differences make tokens and certificates look expired or not valid yet. */
const clockToleranceMs = 2 * 60_000
/** Room for a large print beside the spare space. */
const comfortableBytes = 512 * 1024 * 1024

/** The connections of the edge, each with what to do when it is wrong. */
export function connections(facts: ConnectionFacts): PageConnections {
  return {
    marketplace: marketplace(facts),
    moonraker: facts.printer.isConnected
      ? ok<'moonraker'>('ok', 'Moonraker is connected.')
      : wrong<'moonraker'>(
          'disconnected',
          'Moonraker is not connected.',
          'Check that Moonraker runs, and moonraker_url (and moonraker_api_key_file) in lmnt-edge.cfg.',
        ),
    klipper: klipper(facts.printer),
    extra: extra(facts.printer),
    clock: clock(facts.clockAheadMs),
    disk: disk(facts),
  }
}

type Code<Name extends FactName> = (typeof factCodes)[Name][number]

function ok<Name extends FactName>(code: Code<Name>, text: string): ConnectionFact {
  return { ok: true, code, text, what_to_do: null }
}

function unknown(text: string): ConnectionFact {
  return { ok: null, code: 'unknown', text, what_to_do: null }
}

function wrong<Name extends FactName>(code: Code<Name>, text: string, whatToDo: string): ConnectionFact {
  return { ok: false, code, text, what_to_do: whatToDo }
}

function marketplace({ isMarketplaceReached, isTokenRefused, marketplaceUrl }: ConnectionFacts): ConnectionFact {
  if (isMarketplaceReached === null) return unknown('The marketplace was not asked yet.')
  if (!isMarketplaceReached) {
    const advice = `Check this host's internet connection, and marketplace_url in lmnt-edge.cfg (${marketplaceUrl}). A print that has begun goes on.`
    return wrong<'marketplace'>('unreachable', 'The marketplace does not answer.', advice)
  }
  if (isTokenRefused) {
    const text = 'The marketplace refuses this printer: it was removed there, or its token has expired.'
    return wrong<'marketplace'>('refused', text, 'Register the printer again.')
  }
  return ok<'marketplace'>('ok', 'The marketplace answers.')
}

function klipper({ isConnected, klippy, klippyMessage }: ConnectionFacts['printer']): ConnectionFact {
  if (!isConnected) return unknown('Klipper cannot be seen without Moonraker.')
  const message = plainText(joinLines(klippyMessage))
  switch (klippy) {
    case 'ready':
      return ok<'klipper'>('ok', 'Klipper is ready.')
    case 'startup':
      return { ok: null, code: 'starting', text: 'Klipper is starting.', what_to_do: null }
    case 'shutdown':
      return wrong<'klipper'>('shutdown', message || 'Klipper has shut down.', 'Mend the cause, then FIRMWARE_RESTART.')
    case 'error':
      return wrong<'klipper'>('error', message || 'Klipper reports an error.', 'Correct printer.cfg, then RESTART.')
    case 'disconnected':
      return wrong<'klipper'>(
        'disconnected',
        'Klipper is not running.',
        'Start the service klipper, and see klippy.log.',
      )
  }
}

function extra({ isConnected, klippy, hasExtra }: ConnectionFacts['printer']): ConnectionFact {
  if (!isConnected || klippy !== 'ready' || hasExtra === null)
    return unknown('Klipper is not ready, so its extra is not known.')
  if (hasExtra) return ok<'extra'>('ok', 'Klipper has [lmnt_stream].')
  const advice =
    "Install LMNT's extra and add [lmnt_stream] to printer.cfg, then restart Klipper. A Klipper update can remove it."
  return wrong<'extra'>('missing', 'Klipper has no [lmnt_stream], so nothing can be printed.', advice)
}

function clock(aheadMs: number | null): ConnectionFact {
  if (aheadMs === null) return unknown('The clock was not compared with the marketplace’s yet.')
  if (Math.abs(aheadMs) <= clockToleranceMs) return ok<'clock'>('ok', 'The clock is right.')
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const text = `This host's clock is ${minutes} minutes ${aheadMs > 0 ? 'fast' : 'slow'}.`
  return wrong<'clock'>('wrong', text, 'Switch time synchronisation on: sudo timedatectl set-ntp true')
}

function disk({ freeBytes, spareBytes }: ConnectionFacts): ConnectionFact {
  if (freeBytes === null) return unknown('The free space on the disk is not known.')
  const text = `${Math.floor(freeBytes / 1024 / 1024)} MiB are free on the disk.`
  const advice = 'Delete files that are no longer needed, such as old logs, timelapses and G-code.'
  if (freeBytes <= spareBytes) return wrong<'disk'>('full', text, advice)
  if (freeBytes <= spareBytes + comfortableBytes) return wrong<'disk'>('low', text, advice)
  return ok<'disk'>('ok', text)
}
