import { z } from 'zod'
import { idSchema } from '../http/ids.ts'
import { modelListQuery, modelView } from '../http/models.ts'
import { prepareRequest } from '../http/preparations.ts'
import { printJobListQuery, printRequest } from '../http/print-jobs.ts'
import { registerPrinterRequest } from '../http/printers.ts'
import { profileFilesMaxBytes, profileFilesMost } from '../http/profiles.ts'
import { purchaseListQuery, purchaseRequest, receiptQuery } from '../http/purchases.ts'
import { maxPreviews } from '../http/slice.ts'
import { hostInterface, pollSeconds } from './state.ts'

/** Makes a retry after a lost answer, or a second click, safe: the same key does the same thing once. */
const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters')
  .optional()
const keyed = { idempotency_key: idempotencyKey }
const nothing = z.object({})
const job = z.object({ print_job_id: idSchema('job') })
const currentJob = job.partial()
const presetName = z.string().max(200).optional()

/** The parameters of each method, without the person's token. A missing printer_id means this printer; a missing user_id, the person. */
export const pageRequests = {
  // Without a log-in.
  overview: nothing,
  pause_print: currentJob,
  resume_print: currentJob,
  cancel_job: currentJob,
  skip_object: currentJob.extend({ object: z.string().min(1).max(200) }),
  // The rest needs one.
  start_job: currentJob,
  register_printer: registerPrinterRequest.extend(keyed),
  unregister_printer: z.object({ force: z.boolean().default(false) }),
  renew_token: nothing,
  models: modelListQuery,
  model: z.object({ model_id: idSchema('model') }),
  model_picture: z.object({ model_id: idSchema('model'), view: modelView.default('isometric') }),
  wallet: nothing,
  buy_model: purchaseRequest.partial({ user_id: true }).extend(keyed),
  purchases: purchaseListQuery.partial(),
  purchase: z.object({ purchase_id: idSchema('purchase') }),
  print_profiles: nothing,
  add_profile: z.object({
    files: z
      .array(
        z.object({
          name: z.string().min(1).max(300),
          /** Base64. */
          content: z.string().max(Math.ceil(profileFilesMaxBytes / 3) * 4),
        }),
      )
      .min(1)
      .max(profileFilesMost),
    name: z.string().trim().min(1).max(120).optional(),
    printer: presetName,
    process: presetName,
    filament: presetName,
    ...keyed,
  }),
  remove_profile: z.object({ print_profile_id: idSchema('profile') }),
  prepare_model: prepareRequest.partial({ user_id: true }).extend(keyed),
  prepare_status: z.object({ purchase_id: idSchema('purchase') }),
  cancel_prepare: z.object({ preparation_id: idSchema('preparation') }),
  layer_picture: z.object({
    preparation_id: idSchema('preparation'),
    index: z.coerce
      .number()
      .int()
      .min(0)
      .max(maxPreviews - 1),
  }),
  print_model: printRequest.extend(keyed),
  queue: nothing,
  /** `position`: 0 is the next to be printed. */
  move_in_queue: job.extend({ position: z.int().min(0).max(1000) }),
  remove_from_queue: job,
  history: printJobListQuery.partial(),
  audit_log: z.object({ purchase_id: idSchema('purchase') }).extend(receiptQuery.partial().shape),
  security_log: z.object({
    limit: z.int().min(1).max(500).default(100),
    /** The `number` of an entry: only those before it. */
    before: z.int().min(1).optional(),
  }),
  config: nothing,
  /** Null resets an option to lmnt-edge.cfg. */
  set_config: z.strictObject({
    auto_start: z.boolean().nullable().optional(),
    ask_before_using_rights: z.boolean().nullable().optional(),
    poll_seconds: pollSeconds.nullable().optional(),
    host_interface: hostInterface.nullable().optional(),
  }),
}
