import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { printStats, type ReportRequest, reportRequest } from '../../../schema/http/print-jobs.ts'
import { createBackoff, type Jitter } from '../../backoff.ts'
import { type Changes, createChanges } from '../../changes.ts'
import type { EdgeTiming } from '../../config.ts'
import { openFolder, readOrPutAside, removeDurable, writeDurable } from '../../durable.ts'
import type { Marketplace } from '../../marketplace/client.ts'
import { plainText } from '../../plain-text.ts'

const entrySchema = z.object({
  report: reportRequest,
  ended_at: z.number(),
  /** Set when the marketplace has answered and does not take it: kept for people to see. See `finalRefusals` and `retriableRefusals`. */
  refused: z.object({ code: z.string(), message: z.string() }).nullable(),
})
type Entry = z.infer<typeof entrySchema>

/** What is written has to be readable at the next start: a text is cut, and figures that make no sense are left out. */
const storableReport = reportRequest.extend({
  error: z
    .string()
    .transform(text => plainText(text))
    .optional(),
  stats: printStats.optional().catch(undefined),
})

const droppedSchema = z.object({
  count: z.int().min(0),
  latest: z.object({ print_job_id: z.string(), status: z.string(), code: z.string() }).nullable(),
})
/** Refused reports that had to make room for newer ones: how many, and which was the last. */
export type Dropped = z.infer<typeof droppedSchema>

/** So many refused reports are kept for people to see; then the oldest makes room, which the log and `status` say. */
export const mostRefused = 50
/** With so many reports on their way no new job is taken: none of those is ever dropped. */
export const mostWaiting = 100
const longestMessage = 500

export interface Outbox {
  /** Puts a report on the disk; from then on it will be delivered, whatever happens to this process. */
  add: (report: ReportRequest) => Promise<void>
  /** Reports that the marketplace has not taken: on their way, or refused. */
  entries: () => readonly Entry[]
  dropped: () => Dropped
  /** False while so many reports wait that no more prints should be begun. */
  hasRoom: () => boolean
  has: (jobId: string) => boolean
  /** The report of this job that the marketplace has not taken. */
  entry: (jobId: string) => Entry | undefined
  /** The job's report was damaged on the disk: how it ended nobody knows. */
  isDamaged: (jobId: string) => boolean
  changes: Changes
  /** Delivers until the signal is aborted. */
  run: (signal: AbortSignal) => Promise<void>
}

export interface OutboxOptions {
  dataDir: string
  marketplace: Marketplace
  clock: () => number
  jitter: Jitter
  log: Log
  timing: Pick<EdgeTiming, 'firstRetryMs' | 'longestRetryMs' | 'reportAgainMs'>
}

/**
 * Answers after which the same report can never be taken: another outcome is on record, the job is none of ours, or the printer
 * was removed.
 * Everything else (no network, a server's fault, a token that has to be renewed) is tried again for as long as it takes.
 */
const finalRefusals = ['outcome_conflict', 'job_ended', 'not_found', 'forbidden', 'printer_revoked'] as const

/**
 * The marketplace does not understand us, being of another version, and holds the job for ours: no other one comes before it has
 * the report. So it is shown, and sent again every 10 minutes and at each start, since either side may be brought up to date.
 */
const retriableRefusals = ['invalid_input', 'bad_request'] as const
const isRetriable = ({ refused }: Entry) => retriableRefusals.some(code => code === refused?.code)

/** What decides about the right, without all that only informs people. */
function minimalReport({ error: _error, stats, ...report }: ReportRequest): ReportRequest {
  const { reason, progress, lines } = stats ?? {}
  const decisive = { reason, progress, ...(lines === undefined ? {} : { lines }) }
  return { ...report, ...(stats && { stats: decisive }) }
}

/**
 * Reports of how prints ended, a file each, until the marketplace has answered. Telling one twice does no harm. They are at most
 * `mostWaiting` and `mostRefused`, of some 3 KiB each: the fields of a report are bounded by its schema.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { marketplace, log, timing } = options
  const folder = join(options.dataDir, 'outbox')
  const path = (jobId: string) => join(folder, `${jobId}.json`)
  const droppedPath = join(options.dataDir, 'dropped-reports.json')
  const changes = createChanges()
  const { read, damaged } = await openFolder(folder, entrySchema, log)
  const saved = read.sort((a, b) => a.ended_at - b.ended_at)
  const entries = new Map(saved.map(entry => [entry.report.print_job_id, entry]))
  let dropped: Dropped = (await readOrPutAside(droppedPath, droppedSchema, log)) ?? { count: 0, latest: null }

  const all = () => [...entries.values()]
  const isWaiting = ({ refused }: Entry) => refused === null
  /** Refused a moment ago: not sent again yet. */
  const coolingDown = new Set<string>()
  const isDue = (entry: Entry) =>
    isWaiting(entry) || (isRetriable(entry) && !coolingDown.has(entry.report.print_job_id))
  const due = () => all().find(isDue)

  async function send({ report }: Entry, signal: AbortSignal) {
    try {
      return await marketplace.report(report, signal)
    } catch (error) {
      if (!isAppError(error, 'invalid_input')) throw error
      log.warn({ err: error, print_job_id: report.print_job_id }, 'the report is not understood, trying a shorter one')
      return await marketplace.report(minimalReport(report), signal)
    }
  }

  function coolDown(jobId: string, signal: AbortSignal): void {
    coolingDown.add(jobId)
    const wake = () => {
      coolingDown.delete(jobId)
      changes.emit()
    }
    sleep(timing.reportAgainMs, undefined, { signal }).then(wake, () => {})
  }

  async function deliver(entry: Entry, signal: AbortSignal): Promise<void> {
    const jobId = entry.report.print_job_id
    try {
      const answer = await send(entry, signal)
      await removeDurable(path(jobId))
      entries.delete(jobId)
      log.info({ print_job_id: jobId, outcome: answer.print_outcome }, 'the marketplace has the report')
    } catch (error) {
      if (!isAppError(error, ...finalRefusals, ...retriableRefusals)) throw error
      const refused = { ...entry, refused: { code: error.code, message: error.message.slice(0, longestMessage) } }
      await writeDurable(path(jobId), JSON.stringify(refused))
      entries.set(jobId, refused)
      if (isRetriable(refused)) coolDown(jobId, signal)
      log.error({ print_job_id: jobId, code: error.code }, 'the marketplace refuses the report; it is kept')
      await makeRoom()
    }
    changes.emit()
  }

  /** The oldest refused reports go, when there are too many; never one that waits, and last one that may still be understood. */
  async function makeRoom(): Promise<void> {
    const refusedEntries = all().filter(entry => !isWaiting(entry))
    const refused = [...refusedEntries.filter(entry => !isRetriable(entry)), ...refusedEntries.filter(isRetriable)]
    for (const { report, refused: answer } of refused.slice(0, -mostRefused)) {
      const { print_job_id, status } = report
      const latest = { print_job_id, status, code: answer?.code ?? '' }
      // Counted before it goes: a crash in between counts it twice rather than never.
      dropped = { count: dropped.count + 1, latest }
      await writeDurable(droppedPath, JSON.stringify(dropped))
      await removeDurable(path(print_job_id))
      entries.delete(print_job_id)
      log.error({ ...latest, dropped: dropped.count }, 'too many refused reports are kept; the oldest is dropped')
    }
  }

  return {
    async add(report) {
      const entry = entrySchema.parse({
        report: storableReport.parse(report),
        ended_at: options.clock(),
        refused: null,
      })
      await writeDurable(path(report.print_job_id), JSON.stringify(entry))
      entries.set(report.print_job_id, entry)
      changes.emit()
    },
    entries: all,
    dropped: () => dropped,
    hasRoom: () => all().filter(isWaiting).length < mostWaiting,
    has: jobId => entries.has(jobId),
    entry: jobId => entries.get(jobId),
    isDamaged: jobId => damaged.has(jobId),
    changes,
    async run(signal) {
      const backoff = createBackoff(timing.firstRetryMs, timing.longestRetryMs, options.jitter)
      for (;;) {
        const entry = await changes.until(due, signal)
        try {
          await deliver(entry, signal)
          backoff.reset()
        } catch (error) {
          signal.throwIfAborted()
          // Behind the others: one that meets a fault must not hold them up.
          if (entries.delete(entry.report.print_job_id)) entries.set(entry.report.print_job_id, entry)
          log.warn({ err: error, print_job_id: entry.report.print_job_id }, 'the report waits for the marketplace')
          await sleep(backoff.next(), undefined, { signal })
        }
      }
    },
  }
}
