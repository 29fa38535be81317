import { z } from 'zod'
import { idSchema } from './ids.ts'
import { pageFields, pageQuery } from './page.ts'
import { preparedPurchase } from './preparations.ts'

export const jobStates = ['queued', 'claimed', 'printing', 'success', 'failure', 'cancelled', 'expired'] as const
export type JobStatus = (typeof jobStates)[number]
/** The states in which a print job reserves one right. */
export const liveJobStates = ['queued', 'claimed', 'printing'] as const satisfies JobStatus[]
/** The states in which a printer holds the job. A printer holds at most one job. */
export const activeJobStates = ['claimed', 'printing'] as const satisfies JobStatus[]

/**
 * Random for each boot of an edge, so that a cloned SD card is distinguished from the printer that holds the job. Clients
 * that send none count as one client: a restart resumes its job at once, and a clone is not detected.
 */
export const bootNonce = z
  .string()
  .regex(/^[\w-]{16,64}$/)
  .default('no-boot-nonce-was-sent')

/**
 * The printer's activity during a print job: the values of `printer_state`. Not Klipper's state, which the edge calls
 * PrinterState. `paused_at_printer`: a person at the printer, or a macro such as M600, has paused the print.
 */
export const printerActivities = [
  'printing',
  'paused_by_marketplace',
  'paused_at_printer',
  'waiting_for_lines',
  'filament_runout',
] as const
export type PrinterActivity = (typeof printerActivities)[number]

/** True when the owner wants the print paused. Missing from older marketplaces, which cannot pause. */
const pauseRequested = z.boolean().default(false)

export const printRequest = z.object({
  user_id: idSchema('user').optional(),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer').optional(),
})
export type PrintRequest = z.infer<typeof printRequest>

export const queuedPrint = z.object({
  status: z.enum(jobStates),
  purchase_id: idSchema('purchase'),
  print_job_id: idSchema('job'),
  printer_id: idSchema('printer'),
})
export type QueuedPrint = z.infer<typeof queuedPrint>

/** The G-code had expired. It is prepared again without a fee, and the job is queued when it is ready. */
export const preparingPrint = z.object({
  status: z.literal('preparing'),
  purchase_id: idSchema('purchase'),
  print_job_id: z.null(),
  printer_id: idSchema('printer'),
  preparation_id: idSchema('preparation'),
  /** For a person. */
  message: z.string(),
})

export const printResponse = z.union([queuedPrint, preparingPrint])
export type PrintResponse = z.infer<typeof printResponse>

/** The answer to the printer's poll. Every key in it is wrapped; every address is the marketplace's. */
export const claimedJobResponse = preparedPurchase.extend({
  print_job_id: idSchema('job'),
  user_id: idSchema('user'),
  status: z.enum(['claimed', 'printing']),
  cancel_requested: z.boolean(),
  pause_requested: pauseRequested,
  gcode_download_url_proxy: z.string(),
  gcode_file_url: z.string(),
  psek_encrypted_gcode_dek: z.string(),
  gcode_dek: z.string(),
  kek_encrypted_psek_for_gcode_encryption: z.string(),
  /** Size and hash of the sealed object, which the edge's spool must match. */
  size: z.int(),
  sha256: z.string(),
  cws_token: z.string(),
  cws_url: z.string(),
})
export type ClaimedJob = z.infer<typeof claimedJobResponse>

/** Adds the older names of the wrapped PSEK for other clients; ours does not read them. */
export const getPrintJobResponse = claimedJobResponse.extend({ encrypted_psek: z.string(), kek_id: z.string() })
export type GetPrintJobResponse = z.infer<typeof getPrintJobResponse>

export const claimQuery = z.object({ boot_nonce: bootNonce })

/** Either a print job, or a preparation, which can be downloaded before there is a job. */
export const downloadQuery = z
  .object({ job_id: idSchema('job').optional(), preparation_id: idSchema('preparation').optional() })
  .refine(query => (query.job_id === undefined) !== (query.preparation_id === undefined), {
    error: 'Set either job_id or preparation_id.',
  })

export const progressRequest = z.object({
  boot_nonce: bootNonce,
  /** 0 to 1: the part of the file's bytes that was read. */
  progress: z.number().min(0).max(1),
  /** True once the printer runs the job's lines. Moves a claimed job to printing. */
  is_printing: z.boolean(),
  /** The printer's present activity (a PrinterActivity, not Klipper's state); missing while unknown. */
  printer_state: z.enum(printerActivities).nullish(),
  /** A message from the printer for the user, such as why a resume failed. */
  printer_message: z.string().max(300).nullish(),
})
export type ProgressRequest = z.infer<typeof progressRequest>
export const progressResponse = z.object({
  status: z.enum(jobStates),
  cancel_requested: z.boolean(),
  pause_requested: pauseRequested,
})
export type ProgressResponse = z.infer<typeof progressResponse>

export const keyGrantRequest = z.object({ boot_nonce: bootNonce })
export const keyGrantResponse = z.object({ cws_token: z.string(), cws_url: z.string(), expires_in: z.int() })

/** The reason and the figures of a report, most of them from Klipper's print_stats. */
export const printStats = z.object({
  reason: z.string().max(40).optional(),
  print_duration_s: z.number().min(0).optional(),
  total_duration_s: z.number().min(0).optional(),
  filament_used_mm: z.number().optional(),
  layers: z.int().min(0).optional(),
  /** How many of the job's lines ran: all after a success, 0 after a failure before the first line. */
  lines: z.int().min(0).optional(),
  progress: z.number().min(0).max(1).optional(),
})
export type PrintStats = z.infer<typeof printStats>

export const reportRequest = z.object({
  user_id: idSchema('user'),
  purchase_id: idSchema('purchase'),
  print_job_id: idSchema('job'),
  status: z.enum(['success', 'failure']),
  error: z.string().max(1000).optional(),
  stats: printStats.optional(),
})
export type ReportRequest = z.infer<typeof reportRequest>

/**
 * `cancelled_used`: cancelled at the printer so late that the right counts as used. `print_overrun`: a success reported after the
 * job had expired, when the purchase had no right left.
 */
export const printOutcomes = ['success', 'failure', 'cancelled_used', 'print_overrun'] as const
export type PrintOutcome = (typeof printOutcomes)[number]

export const reportResponse = z.object({
  status: z.literal('reported'),
  purchase_id: idSchema('purchase'),
  print_job_id: idSchema('job'),
  print_outcome: z.enum(printOutcomes),
})
export type ReportResponse = z.infer<typeof reportResponse>

export const printJobResponse = z.object({
  print_job_id: idSchema('job'),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer'),
  status: z.enum(jobStates),
  cancel_requested: z.boolean(),
  pause_requested: pauseRequested,
  progress: z.number(),
  /** The printer's activity in its last report; null while unknown, and once the job has ended. */
  printer_state: z.enum(printerActivities).nullable(),
  /** The printer's message about it, such as why a resume failed. */
  printer_message: z.string().nullable(),
  /** As the printer reported it; null until then. A cancelled print with `cancelled_used` used its right. */
  outcome: z.enum(printOutcomes).nullable(),
  error: z.string().nullable(),
  stats: printStats.nullable(),
  /** The time of the printer's last call for this job; null before a claim. A printing job may be silent for days. */
  last_word_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  /** Orders the printer's queue instead of `created_at`; null unless the job was moved. */
  queued_at: z.iso.datetime().nullable(),
  ended_at: z.iso.datetime().nullable(),
})
export type PrintJobResponse = z.infer<typeof printJobResponse>

/** 0 is the next job of the printer. */
export const moveJobRequest = z.object({ position: z.int().min(0).max(1000) })
/** The queued jobs of the printer, the next one first. */
export const moveJobResponse = z.object({ print_jobs: z.array(printJobResponse) })
export type MoveJobResponse = z.infer<typeof moveJobResponse>

export const printJobListQuery = pageQuery({ usual: 50, most: 200 }).extend({
  purchase_id: idSchema('purchase').optional(),
  printer_id: idSchema('printer').optional(),
})
export const printJobListResponse = z.object({ print_jobs: z.array(printJobResponse), ...pageFields })
export type PrintJobListResponse = z.infer<typeof printJobListResponse>
