import type { PageRegistration, PageSettings, PageState } from '../../schema/page/state.ts'
import type { Reach } from '../marketplace/reach.ts'
import { isPrinting, type PrinterState } from '../moonraker/printer-state.ts'
import type { Job } from '../print/job/state.ts'
import type { Outbox } from '../print/reports/outbox.ts'
import type { Identity } from '../store.ts'
import { connections } from './connections.ts'
import { jobView } from './job.ts'

/** What the edge knows at one moment. */
export interface OverviewFacts {
  printerName: string
  marketplaceUrl: string
  /** Milliseconds since 1970. */
  now: number
  identity: Identity | null
  isOwnerChangeAsked: boolean
  printer: PrinterState
  job: Job | null
  reach: Pick<Reach, 'isReached' | 'clockAheadMs' | 'tokenRefusal'>
  outbox: Pick<Outbox, 'entries' | 'dropped'>
  freeBytes: number | null
  spareBytes: number
  settings: PageSettings
}

/** The printer, its connections and its print, for everyone who may watch. Contains nothing that Moonraker does not show as well. */
export function overviewOf(facts: OverviewFacts): PageState {
  const { printer, job, reach, outbox } = facts
  const registration = registrationOf(facts)
  return {
    printer_name: facts.printerName,
    registration,
    connections: connections({
      printer,
      marketplaceUrl: facts.marketplaceUrl,
      isMarketplaceReached: reach.isReached(),
      isTokenRefused: registration.token_state === 'expired' || registration.token_state === 'revoked',
      clockAheadMs: reach.clockAheadMs(),
      freeBytes: facts.freeBytes,
      spareBytes: facts.spareBytes,
    }),
    printer: printerView(printer, job),
    job: job && jobView(job, printer),
    reports: outbox.entries().map(({ report, refused }) => ({
      print_job_id: report.print_job_id,
      status: report.status,
      state: refused ? 'refused' : 'waiting',
      problem: refused?.message ?? null,
    })),
    dropped_reports: outbox.dropped().count,
    settings: facts.settings,
  }
}

function registrationOf({ identity, reach, now, isOwnerChangeAsked }: OverviewFacts): PageRegistration {
  const expiresAt = identity && identity.token_issued_at + identity.token_expires_in_s * 1000
  return {
    registered: identity !== null,
    printer_id: identity?.printer_id ?? null,
    name: identity?.name ?? null,
    token_expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    token_state: tokenState(expiresAt, now, reach.tokenRefusal()),
    is_owner_change_asked: isOwnerChangeAsked,
  }
}

function tokenState(
  expiresAt: number | null,
  now: number,
  refusal: ReturnType<Reach['tokenRefusal']>,
): PageRegistration['token_state'] {
  if (expiresAt === null) return 'none'
  if (refusal === 'printer_revoked' || refusal === 'unauthenticated') return 'revoked'
  // The host's clock may be wrong: the marketplace's word counts, where there is one.
  return refusal === 'token_expired' || expiresAt <= now ? 'expired' : 'valid'
}

function printerView(printer: PrinterState, job: Job | null): PageState['printer'] {
  const { isConnected, klippy, klippyMessage, printStats, progress, watched } = printer
  const isOurs = job !== null && job.record.print !== null && job.phase.kind !== 'ended'
  const isBusy = isConnected && isPrinting(printer)
  const isOther = isBusy && !isOurs
  return {
    is_connected: isConnected,
    klippy,
    klippy_message: klippy === 'ready' || klippyMessage === '' ? null : klippyMessage,
    activity:
      !isConnected || klippy !== 'ready' ? 'offline' : isOther ? 'other_print' : isBusy ? 'marketplace_print' : 'idle',
    other_print: isOther ? { file: printStats.filename, progress, is_paused: printStats.state === 'paused' } : null,
    heaters: isConnected ? watched.heaters : [],
  }
}
