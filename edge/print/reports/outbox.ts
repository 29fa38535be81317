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
  /** The marketplace's refusal; such a report is kept for people to see. See `finalRefusals` and `retriableRefusals`. */
  refused: z.object({ code: z.string(), message: z.string() }).nullable(),
})
type Entry = z.infer<typeof entrySchema>

/** A report that the next start can read: a long text is cut, and invalid figures are omitted. */
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
/** Refused reports that were dropped for newer ones: their number, and the last of them. */
export type Dropped = z.infer<typeof droppedSchema>

/** The number of refused reports that are kept for people to see. Then the oldest is dropped; the log and `status` show that. */
export const mostRefused = 50
/** With this number of undelivered reports no new job is claimed: none of them is ever dropped. */
export const mostWaiting = 100
const longestMessage = 500

export interface Outbox {
  /** Saves a report to the disk. It is then delivered, also after a crash. */
  add: (report: ReportRequest) => Promise<void>
  /** Reports that the marketplace has not accepted: waiting, or refused. */
  entries: () => readonly Entry[]
  dropped: () => Dropped
  /** False while so many reports wait that no more prints should be begun. */
  hasRoom: () => boolean
  has: (jobId: string) => boolean
  /** The report of this job that the marketplace has not accepted. */
  entry: (jobId: string) => Entry | undefined
  /** The job's report was damaged on the disk: its outcome is unknown. */
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
 * Permanent refusals: the marketplace has another outcome, the job is not this printer's, or the printer was removed.
 * After any other error (no network, a server's fault, a token that must be renewed) the report is sent again without limit.
 */
const finalRefusals = ['outcome_conflict', 'job_ended', 'not_found', 'forbidden', 'printer_revoked'] as const

/**
 * The marketplace, of another version, does not understand the report, and gives no other job before it has it. So status shows the
 * report, and it is sent again every 10 minutes and at each start, since either side may be updated.
 */
const retriableRefusals = ['invalid_input', 'bad_request'] as const
const isRetriable = ({ refused }: Entry) => retriableRefusals.some(code => code === refused?.code)

/** The report with only the fields that decide about the right. */
function minimalReport({ error: _error, stats, ...report }: ReportRequest): ReportRequest {
  const { reason, progress, lines } = stats ?? {}
  const decisive = { reason, progress, ...(lines === undefined ? {} : { lines }) }
  return { ...report, ...(stats && { stats: decisive }) }
}

/**
 * Reports of print outcomes, one file each, until the marketplace has answered. Sending a report twice is harmless. There are at most
 * `mostWaiting` and `mostRefused`, of about 3 KiB each: the schema limits the fields of a report.
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
  /** Reports that were just refused and are not sent again yet. */
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

  /** Drops the oldest refused reports when there are too many: first the permanently refused ones, never one that waits. */
  async function makeRoom(): Promise<void> {
    const refusedEntries = all().filter(entry => !isWaiting(entry))
    const refused = [...refusedEntries.filter(entry => !isRetriable(entry)), ...refusedEntries.filter(isRetriable)]
    for (const { report, refused: answer } of refused.slice(0, -mostRefused)) {
      const { print_job_id, status } = report
      const latest = { print_job_id, status, code: answer?.code ?? '' }
      // Counted before the removal: after a crash in between it is counted twice, not never.
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
          // Moved behind the others, which a failing report must not delay.
          if (entries.delete(entry.report.print_job_id)) entries.set(entry.report.print_job_id, entry)
          log.warn({ err: error, print_job_id: entry.report.print_job_id }, 'the report waits for the marketplace')
          await sleep(backoff.next(), undefined, { signal })
        }
      }
    },
  }
}
