import { scaled } from '../runtime/time-scale.ts'

/** The longest path of a unix socket, in bytes: Node silently cuts a longer one and listens elsewhere. */
export const longestSocketPath = 107

/** The free disk space that a download must not use: Klipper's logs, the outbox and the stubs need some, too. */
export const defaultSpareBytes = 64 * 1024 * 1024

/** The configuration of the edge of one printer. config/ reads it from lmnt-edge.cfg; tests make it themselves. */
export interface EdgeConfig {
  /** The name of its section in lmnt-edge.cfg; "printer" by default. */
  printerName?: string
  /** This printer's own folder: store, jobs, spool, outbox. Made 0700. */
  dataDir: string
  marketplaceUrl: string
  /** Such as ws://127.0.0.1:7125/websocket */
  moonrakerUrl: string
  moonrakerApiKey: string | undefined
  /** The unix socket that Klipper's extra connects to. */
  streamSocket: string
  /** Whether a new job is printed without a question at the printer. */
  autoStart: boolean
  /** Whether a file that is started without a job asks before it uses a right; true by default. */
  asksBeforeUsingRights?: boolean
  logLevel: string
  /** The free disk space that a download must not use; 64 MiB by default. */
  spareBytes?: number
  timing: EdgeTiming
}

/** Times that tests make shorter. */
export interface EdgeTiming {
  /** How long the marketplace may hold a poll for a job. */
  pollWaitS: number
  /** How often the progress of the current job is sent to the marketplace. */
  progressMs: number
  /** How often to fetch the list of prepared purchases, while no poll is answered. */
  preparedMs: number
  /** How often {"wait"} is sent to the extra, which times out after 5 s. */
  waitLineMs: number
  firstRetryMs: number
  longestRetryMs: number
  /** The interval for sending a report that the marketplace does not understand. */
  reportAgainMs: number
  /** How long to search for the end of a print that the edge has not seen, before the print counts as lost. */
  unknownMs: number
}

/**
 * The waits between two calls to the marketplace, shortened as its own times are (TIME_SCALE; the marketplace itself shortens how
 * long it holds a poll). The times of Moonraker, Klipper and the extra stay.
 */
export function shortened(timing: EdgeTiming, timeScale: number): EdgeTiming {
  const short = (duration: number) => scaled(duration, { timeScale })
  return {
    ...timing,
    progressMs: short(timing.progressMs),
    preparedMs: short(timing.preparedMs),
    firstRetryMs: short(timing.firstRetryMs),
    longestRetryMs: short(timing.longestRetryMs),
    reportAgainMs: short(timing.reportAgainMs),
  }
}

export const defaultTiming: EdgeTiming = {
  pollWaitS: 25,
  progressMs: 10_000,
  preparedMs: 60_000,
  waitLineMs: 1000,
  firstRetryMs: 500,
  longestRetryMs: 30_000,
  reportAgainMs: 10 * 60_000,
  unknownMs: 15_000,
}
