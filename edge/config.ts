import { join } from 'node:path'
import { z } from 'zod'
import { seconds } from '../service/config.ts'

/** What the edge is set up with, whatever file or environment it was read from. */
export interface EdgeConfig {
  /** The edge's own folder: store, jobs, spool, outbox. Made 0700. */
  dataDir: string
  marketplaceUrl: string
  /** Such as ws://127.0.0.1:7125/websocket */
  moonrakerUrl: string
  moonrakerApiKey: string | undefined
  /** The unix socket that Klipper's extra connects to. */
  streamSocket: string
  /** Whether a job that arrives is printed without being asked for at the printer. */
  autoStart: boolean
  logLevel: string
  timing: EdgeTiming
}

/** Times that tests make shorter. */
export interface EdgeTiming {
  /** How long the marketplace may hold a poll for a job. */
  pollWaitS: number
  /** How often a job in hand is looked after at the marketplace. */
  progressMs: number
  /** How often {"wait"} is said to the extra, which gives up after 5 s without a word. */
  waitLineMs: number
  firstRetryMs: number
  longestRetryMs: number
  /** How long to look for the end of a print that nobody saw, before it is called lost. */
  unknownMs: number
}

export const defaultTiming: EdgeTiming = {
  pollWaitS: 25,
  progressMs: 10_000,
  waitLineMs: 1000,
  firstRetryMs: 500,
  longestRetryMs: 30_000,
  unknownMs: 15_000,
}

const httpUrl = z.url({ protocol: /^https?$/ }).transform(url => url.replace(/\/+$/, ''))

/** The environment that an edge can be configured by; turn what it gives into an EdgeConfig with `fromEnvironment`. */
export const edgeEnvironment = z.object({
  EDGE_DATA_DIR: z.string().min(1),
  EDGE_MARKETPLACE_URL: httpUrl,
  EDGE_MOONRAKER_URL: z.url({ protocol: /^wss?$/ }).default('ws://127.0.0.1:7125/websocket'),
  EDGE_MOONRAKER_API_KEY: z.string().min(1).optional(),
  EDGE_STREAM_SOCKET: z.string().min(1).optional(),
  EDGE_AUTO_START: z.stringbool().default(false),
  EDGE_POLL_SECONDS: seconds.max(60).default(defaultTiming.pollWaitS),
  EDGE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export function fromEnvironment(env: z.infer<typeof edgeEnvironment>): EdgeConfig {
  return {
    dataDir: env.EDGE_DATA_DIR,
    marketplaceUrl: env.EDGE_MARKETPLACE_URL,
    moonrakerUrl: env.EDGE_MOONRAKER_URL,
    moonrakerApiKey: env.EDGE_MOONRAKER_API_KEY,
    streamSocket: env.EDGE_STREAM_SOCKET ?? join(env.EDGE_DATA_DIR, 'comms', 'stream.sock'),
    autoStart: env.EDGE_AUTO_START,
    logLevel: env.EDGE_LOG_LEVEL,
    timing: { ...defaultTiming, pollWaitS: env.EDGE_POLL_SECONDS },
  }
}
