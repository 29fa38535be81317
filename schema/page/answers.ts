import { z } from 'zod'
import { idSchema } from '../http/ids.ts'
import { modelListResponse, modelResponse } from '../http/models.ts'
import { prepareResponse, prepareStatusResponse } from '../http/preparations.ts'
import { printJobResponse, printResponse } from '../http/print-jobs.ts'
import { profileCreatedResponse } from '../http/profiles.ts'
import { purchaseListResponse, purchaseResponse, receiptResponse, walletResponse } from '../http/purchases.ts'
import { pageJob, pageReport, pageSettings, pageState } from './state.ts'

const jobAnswer = (status: string) => z.object({ status: z.literal(status), print_job_id: idSchema('job') })
const picture = z.object({ content_type: z.literal('image/png'), content: z.string().describe('base64') })

/** A profile without its settings, but for those that tell profiles apart. */
export const pageProfile = z.object({
  print_profile_id: idSchema('profile'),
  name: z.string(),
  created_at: z.iso.datetime(),
  /** The names of its presets and the figures that people know it by; null where the profile does not say. */
  printer: z.string().nullable(),
  process: z.string().nullable(),
  filament: z.string().nullable(),
  filament_type: z.string().nullable(),
  nozzle_mm: z.number().nullable(),
  layer_height_mm: z.number().nullable(),
})
export type PageProfile = z.infer<typeof pageProfile>

/** What the edge has done for security's sake, or refused. */
export const securityEvents = [
  'log_in',
  'log_in_failed',
  'log_out',
  'session_expired',
  'printer_registered',
  'printer_unregistered',
  'owner_changed',
  'token_renewed',
  'token_refused',
  'key_opened',
  'request_refused',
  'settings_changed',
  'certificate_made',
] as const
export type SecurityEvent = (typeof securityEvents)[number]

export const securityLogEntry = z.object({
  /** Counts up from 1, also over restarts. */
  number: z.int(),
  at: z.iso.datetime(),
  event: z.enum(securityEvents),
  /** The person, where one is known. */
  user_id: idSchema('user').nullable(),
  /** The address of the browser or app, where the edge knows it. */
  client: z.string().nullable(),
  /** The same event again from the same client, within a minute: how often in all. */
  count: z.int(),
  /** Such as the code of a refusal, a print job's id, the name of a changed option. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type SecurityLogEntry = z.infer<typeof securityLogEntry>

/** A print job with the words that the page shows. */
export const historyEntry = printJobResponse.extend({
  /** The model's title, from the purchase; null when the purchase is older than the page of purchases that the edge has read. */
  title: z.string().nullable(),
  model_id: idSchema('model').nullable(),
  /** `used`, `returned` or, while the job lives, `reserved`. */
  right: z.enum(['used', 'returned', 'reserved']),
})
export type HistoryEntry = z.infer<typeof historyEntry>

/** The answers of the methods in requests.ts. */
export const pageAnswers = {
  overview: pageState,
  pause_print: jobAnswer('pausing'),
  resume_print: jobAnswer('resuming'),
  cancel_job: jobAnswer('cancelling'),
  skip_object: jobAnswer('skipping'),
  start_job: jobAnswer('starting'),
  /** Another owner's printer: error owner_consent_required, and a question on the printer's screens. */
  register_printer: z.object({
    status: z.literal('registered'),
    printer_id: idSchema('printer'),
    user_id: idSchema('user'),
    name: z.string(),
    description: z.string(),
  }),
  unregister_printer: z.object({ status: z.literal('unregistered'), printer_id: idSchema('printer') }),
  renew_token: z.object({
    status: z.literal('renewed'),
    printer_id: idSchema('printer'),
    expires_at: z.iso.datetime(),
  }),
  models: modelListResponse,
  model: modelResponse,
  model_picture: picture,
  wallet: walletResponse,
  /** `pending`: the ledger has not answered yet; `changed` says when, or ask by `purchase`. */
  buy_model: purchaseResponse,
  purchases: purchaseListResponse.extend({
    /** Which of them are ready on this printer. */
    ready: z.array(
      z.object({
        purchase_id: idSchema('purchase'),
        preparation_id: idSchema('preparation'),
        estimated_seconds: z.number(),
        filament_mm: z.number(),
        layers: z.int(),
        profile_name: z.string().nullable(),
      }),
    ),
  }),
  purchase: purchaseResponse,
  print_profiles: z.object({ print_profiles: z.array(pageProfile) }),
  /** With what of the profile is changed or ignored. */
  add_profile: profileCreatedResponse.omit({ machine_settings: true, process_settings: true, filament: true }),
  remove_profile: z.object({ status: z.literal('removed'), print_profile_id: idSchema('profile') }),
  prepare_model: prepareResponse,
  prepare_status: prepareStatusResponse,
  cancel_prepare: prepareResponse,
  layer_picture: picture,
  print_model: printResponse,
  /** Those of the person's jobs for this printer that have not ended: the one that the printer has, then the `queued` ones, the next first. */
  queue: z.object({
    job: pageJob.pick({ print_job_id: true, purchase_id: true }).loose().nullable(),
    reports: z.array(pageReport),
    print_jobs: z.array(historyEntry),
  }),
  move_in_queue: z.object({ print_jobs: z.array(historyEntry) }),
  remove_from_queue: printJobResponse,
  history: z.object({ print_jobs: z.array(historyEntry), next_cursor: z.string().nullable() }),
  audit_log: receiptResponse,
  /** Newest first. Exported by GET api/security-log. */
  security_log: z.object({ entries: z.array(securityLogEntry), before: z.int().nullable() }),
  config: z.looseObject({ version: z.string(), marketplace_url: z.string() }).extend(pageSettings.shape),
  set_config: z.looseObject({}).extend(pageSettings.shape),
}
