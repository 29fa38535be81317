import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { isAppError } from '../../schema/http/errors.ts'
import { type ReportRequest, reportRequest } from '../../schema/http/print-jobs.ts'
import type { Log } from '../../service/log.ts'
import { createBackoff, type Jitter } from '../backoff.ts'
import { type Changes, createChanges } from '../changes.ts'
import { makePrivateDir, readJson, removeDurable, writeDurable } from '../durable.ts'
import type { Marketplace } from '../marketplace/client.ts'

const entrySchema = z.object({
  report: reportRequest,
  ended_at: z.number(),
  /** Set when the marketplace has answered and will not take it: kept for people to see, and not sent again. */
  refused: z.object({ code: z.string(), message: z.string() }).nullable(),
})
type Entry = z.infer<typeof entrySchema>

export interface Outbox {
  /** Puts a report on the disk; from then on it will be delivered, whatever happens to this process. */
  add: (report: ReportRequest) => Promise<void>
  /** Reports that the marketplace has not taken: on their way, or refused. */
  entries: () => readonly Entry[]
  has: (jobId: string) => boolean
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
  firstRetryMs: number
  longestRetryMs: number
}

/**
 * Answers after which the same report can never be taken: another outcome is on record, the job is none of ours, or the printer
 * was removed.
 * Everything else (no network, a server's fault, a token that has to be renewed) is tried again for as long as it takes.
 */
const final = [
  'outcome_conflict',
  'job_ended',
  'not_found',
  'forbidden',
  'printer_revoked',
  'invalid_input',
  'bad_request',
] as const

/** Reports of how prints ended, a file each, until the marketplace has answered. Telling one twice does no harm. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { marketplace, log } = options
  const folder = join(options.dataDir, 'outbox')
  const path = (jobId: string) => join(folder, `${jobId}.json`)
  const changes = createChanges()
  const entries = new Map<string, Entry>()

  await makePrivateDir(folder)
  for (const name of (await readdir(folder)).filter(one => one.endsWith('.json')).sort()) {
    const entry = await readJson(join(folder, name), entrySchema)
    if (entry) entries.set(entry.report.print_job_id, entry)
  }

  const waiting = () => [...entries.values()].find(entry => entry.refused === null)

  async function deliver(entry: Entry, signal: AbortSignal): Promise<void> {
    const jobId = entry.report.print_job_id
    try {
      const answer = await marketplace.report(entry.report, signal)
      await removeDurable(path(jobId))
      entries.delete(jobId)
      log.info({ print_job_id: jobId, outcome: answer.print_outcome }, 'the marketplace has the report')
    } catch (error) {
      if (!isAppError(error, ...final)) throw error
      const refused = { ...entry, refused: { code: error.code, message: error.message } }
      await writeDurable(path(jobId), JSON.stringify(refused))
      entries.set(jobId, refused)
      log.error({ print_job_id: jobId, code: error.code }, 'the marketplace refuses the report; it is kept')
    }
    changes.emit()
  }

  return {
    async add(report) {
      const entry = { report, ended_at: options.clock(), refused: null }
      await writeDurable(path(report.print_job_id), JSON.stringify(entry))
      entries.set(report.print_job_id, entry)
      changes.emit()
    },
    entries: () => [...entries.values()],
    has: jobId => entries.has(jobId),
    changes,
    async run(signal) {
      const backoff = createBackoff(options.firstRetryMs, options.longestRetryMs, options.jitter)
      for (;;) {
        const entry = await changes.until(waiting, signal)
        try {
          await deliver(entry, signal)
          backoff.reset()
        } catch (error) {
          signal.throwIfAborted()
          log.warn({ err: error, print_job_id: entry.report.print_job_id }, 'the report waits for the marketplace')
          await sleep(backoff.next(), undefined, { signal })
        }
      }
    },
  }
}
