import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import { claimedJobResponse, printStats } from '../../../schema/http/print-jobs.ts'
import { openFolder, removeDurable, writeDurable } from '../../durable.ts'

/** A claimed job as it is kept: the grant is left out, which lives for minutes and is asked for anew. */
const claimSchema = claimedJobResponse.omit({
  cws_token: true,
  status: true,
  cancel_requested: true,
  pause_requested: true,
})

const recordSchema = z.object({
  claim: claimSchema,
  /** A print at the printer has ordered it: it belongs to that, and does not begin by itself when it comes too late. */
  isOrdered: z.boolean().default(false),
  /** The sealed G-code is on the disk, whole. */
  isSpooled: z.boolean(),
  /** The stub's name under the gcodes root. */
  stub: z.string().nullable(),
  /** Klipper was told to start it, so that a start may wait there. */
  isStartAsked: z.boolean().default(false),
  /** Somebody at the printer, or this service, has cancelled the job. */
  is_cancel_wanted: z.boolean().default(false),
  /** The byte after the last line that extrudes, once the G-code was checked: from there on nothing is printed any more. */
  printed_by: z.int().min(0).nullable().default(null),
  /** The print on the printer that is this job's, once its stream was opened. */
  print: z
    .object({
      filename: z.string(),
      /** In Moonraker's history, when it was found there. */
      history_id: z.string().nullable(),
      /** The history's newest before it: older prints of the same file are not this one. Null: Moonraker did not say. */
      history_after: z.string().nullable().default(null),
      /** The boot of the host that it began in: no print goes on in another one. */
      boot: z.string().nullable().default(null),
    })
    .nullable(),
  /**
   * What became of the marketplace's wish for a pause: the printer was asked, it is done, or it is left to the people at the
   * printer, who had paused the print before or have resumed it since.
   */
  pause: z.enum(['none', 'asked', 'done', 'left']).default('none'),
  /** In Klipper's words, why it did not resume the print when the marketplace wished it; null once the print goes on. */
  resume_refused: z.string().nullable().default(null),
  /** The byte up to which its lines had run when Klipper let go of them. */
  closed_at: z.int().min(0).default(0),
  /** The byte up to which its lines had been seen to run, once that was all that prints; 0 before. */
  printed_to: z.int().min(0).default(0),
  /** How far the print is, in whole percents of 1, as the marketplace was told: it never falls, also over a restart. */
  progress: z.number().min(0).max(1).default(0),
  /** What print_stats said of it then. */
  figures: printStats.default({}),
})

export type JobRecord = z.infer<typeof recordSchema>

export interface JobRecords {
  save: (record: JobRecord) => Promise<void>
  remove: (jobId: string) => Promise<void>
  /** What an earlier run of the edge left in hand. */
  unfinished: readonly JobRecord[]
  /** The job's record was damaged: whether it was printed already nobody knows. */
  isDamaged: (jobId: string) => boolean
}

/** The jobs in hand, a file each. */
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
