import { z } from 'zod'
import { idSchema } from './ids.ts'
import { pageFields, pageQuery } from './page.ts'
import { preparedPurchase } from './preparations.ts'

export const jobStates = ['queued', 'claimed', 'printing', 'success', 'failure', 'cancelled', 'expired'] as const
export type JobStatus = (typeof jobStates)[number]
/** Holds a reservation of one right. */
export const liveJobStates = ['queued', 'claimed', 'printing'] as const satisfies JobStatus[]
/** A printer has it: at most one of them a printer. */
export const activeJobStates = ['claimed', 'printing'] as const satisfies JobStatus[]

/**
 * Random for each boot of an edge: tells a cloned SD card from the printer that holds the job. All clients of a printer that
 * send none count as one: a restart goes on with its job at once, and a clone is not noticed.
 */
export const bootNonce = z
  .string()
  .regex(/^[\w-]{16,64}$/)
  .default('no-boot-nonce-was-sent')

/** What the printer does with the job: a pause of another's is anybody's at the printer, or of a macro such as M600. */
export const printerActivities = [
  'printing',
  'paused_by_marketplace',
  'paused_at_printer',
  'waiting_for_lines',
  'filament_runout',
] as const
export type PrinterActivity = (typeof printerActivities)[number]

/** Whether the owner wants the print to stand still. A marketplace that knows of no pause wants none. */
const pauseRequested = z.boolean().default(false)

export const printRequest = z.object({
  user_id: idSchema('user').optional(),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer').optional(),
})
export type PrintRequest = z.infer<typeof printRequest>

export const printResponse = z.object({
  status: z.enum(jobStates),
  purchase_id: idSchema('purchase'),
  print_job_id: idSchema('job'),
  printer_id: idSchema('printer'),
})
export type PrintResponse = z.infer<typeof printResponse>

/** What the printer is handed: every key in it is wrapped, every address is ours. */
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
  /** Of the sealed object: what the edge's spool must have. */
  size: z.int(),
  sha256: z.string(),
  cws_token: z.string(),
  cws_url: z.string(),
})
export type ClaimedJob = z.infer<typeof claimedJobResponse>

/** With the older names of the wrapped PSEK, for clients that know it by them; our own client does not read them. */
export const getPrintJobResponse = claimedJobResponse.extend({ encrypted_psek: z.string(), kek_id: z.string() })
export type GetPrintJobResponse = z.infer<typeof getPrintJobResponse>

export const claimQuery = z.object({ boot_nonce: bootNonce })

/** Of a job, or of a preparation, which needs no job. */
export const downloadQuery = z
  .object({ job_id: idSchema('job').optional(), preparation_id: idSchema('preparation').optional() })
  .refine(query => (query.job_id === undefined) !== (query.preparation_id === undefined), {
    error: 'Set either job_id or preparation_id.',
  })

export const progressRequest = z.object({
  boot_nonce: bootNonce,
  /** 0 to 1, of the file's bytes. */
  progress: z.number().min(0).max(1),
  /** True once the printer runs the job's lines: moves a claimed job to printing. */
  is_printing: z.boolean(),
  /** What the printer does just now; not set while that is not known. */
  printer_state: z.enum(printerActivities).nullish(),
  /** What people should know of it, in the printer's words: why a resume failed, say. */
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

/** What print_stats said, in Klipper's words. */
export const printStats = z.object({
  reason: z.string().max(40).optional(),
  print_duration_s: z.number().min(0).optional(),
  total_duration_s: z.number().min(0).optional(),
  filament_used_mm: z.number().optional(),
  layers: z.int().min(0).optional(),
  /** Of the job's lines, how many were run: all of them in a success; 0 in a failure before the first of them. */
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
 * `cancelled_used`: cancelled at the printer so late that the marketplace counts it as used. `print_overrun`: a success that came
 * when the job had long been given up and no right was left for it.
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
  /** What the printer does with it, as it told last; null while nobody knows, and of a job that has ended. */
  printer_state: z.enum(printerActivities).nullable(),
  /** In the printer's words, why it is so: that a resume failed, say. */
  printer_message: z.string().nullable(),
  error: z.string().nullable(),
  stats: printStats.nullable(),
  /** When its printer was last heard of; null before any has it. A printing job stays so in silence, for days. */
  last_word_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
})
export type PrintJobResponse = z.infer<typeof printJobResponse>

export const printJobListQuery = pageQuery({ usual: 50, most: 200 }).extend({
  purchase_id: idSchema('purchase').optional(),
  printer_id: idSchema('printer').optional(),
})
export const printJobListResponse = z.object({ print_jobs: z.array(printJobResponse), ...pageFields })
export type PrintJobListResponse = z.infer<typeof printJobListResponse>
