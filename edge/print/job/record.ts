import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import { claimedJobResponse, printStats } from '../../../schema/http/print-jobs.ts'
import { openFolder, removeDurable, writeDurable } from '../../durable.ts'

/** A claimed job as saved. It has no grant, which is valid for minutes only and is requested again. */
const claimSchema = claimedJobResponse.omit({
  cws_token: true,
  status: true,
  cancel_requested: true,
  pause_requested: true,
})

const recordSchema = z.object({
  claim: claimSchema,
  /** A print at the printer has ordered the job: the job belongs to that print, and does not begin by itself when it comes too late. */
  isOrdered: z.boolean().default(false),
  /** The sealed G-code is on the disk, whole. */
  isSpooled: z.boolean(),
  /** The stub's name under the gcodes root. */
  stub: z.string().nullable(),
  /** A start was sent to Klipper and may wait there. */
  isStartAsked: z.boolean().default(false),
  /** Somebody at the printer, or this service, has cancelled the job. */
  is_cancel_wanted: z.boolean().default(false),
  /** The byte after the last extruding line, once the G-code was checked. */
  printed_by: z.int().min(0).nullable().default(null),
  /** The job's print on the printer, once its stream was opened. */
  print: z
    .object({
      filename: z.string(),
      /** Its id in Moonraker's history; null while it is not known. */
      history_id: z.string().nullable(),
      /** The newest entry of the history before this print: older prints of the same file are other prints. Null: not known. */
      history_after: z.string().nullable().default(null),
      /** The boot of the host that the print began in: a print ends with its boot. */
      boot: z.string().nullable().default(null),
    })
    .nullable(),
  /**
   * The state of the marketplace's wish for a pause: the printer was asked, or the print is paused, or (`left`) the people at the
   * printer decide, because they had paused the print before or have resumed it since.
   */
  pause: z.enum(['none', 'asked', 'done', 'left']).default('none'),
  /** Klipper's reason for a failed resume that the marketplace wanted; null once the print goes on. */
  resume_refused: z.string().nullable().default(null),
  /** The byte up to which the lines had run when Klipper closed the stream. */
  closed_at: z.int().min(0).default(0),
  /** The byte up to which the lines had run when the last extruding line had run; 0 before. */
  printed_to: z.int().min(0).default(0),
  /** The progress that was sent to the marketplace, from 0 to 1 in steps of 0.01. It never falls, also across a restart. */
  progress: z.number().min(0).max(1).default(0),
  /** The figures of print_stats at that time. */
  figures: printStats.default({}),
})

export type JobRecord = z.infer<typeof recordSchema>

export interface JobRecords {
  save: (record: JobRecord) => Promise<void>
  remove: (jobId: string) => Promise<void>
  /** The jobs that an earlier run of the edge did not finish. */
  unfinished: readonly JobRecord[]
  /** The job's record was damaged: whether it was already printed is unknown. */
  isDamaged: (jobId: string) => boolean
}

/** The records of unfinished jobs, one file each. */
export async function openJobRecords(dataDir: string, log: Log): Promise<JobRecords> {
  const folder = join(dataDir, 'jobs')
  const { read, damaged } = await openFolder(folder, recordSchema, log)
  const path = (jobId: string) => join(folder, `${jobId}.json`)
  // One after another: two steps of a job may end at the same moment.
  let last: Promise<void> = Promise.resolve()
  function inTurn(write: () => Promise<void>): Promise<void> {
    const written = last.then(write)
    last = written.catch(() => {})
    return written
  }
  return {
    save(record) {
      const text = JSON.stringify(recordSchema.parse(record))
      return inTurn(() => writeDurable(path(record.claim.print_job_id), text))
    },
    remove: jobId => inTurn(() => removeDurable(path(jobId))),
    unfinished: read,
    isDamaged: jobId => damaged.has(jobId),
  }
}
