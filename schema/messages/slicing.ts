import { z } from 'zod'
import { errorStatus } from '../http/errors.ts'
import { idSchema } from '../http/ids.ts'
import { modelUnits } from '../http/models.ts'
import { sliceCopy, sliceDetails } from '../http/slice.ts'

/** The message on <env>-slicing-jobs: the contract's fields, the MAC, and the preparation they are for. */
export const slicingJob = z.object({
  purchase_id: idSchema('purchase'),
  preparation_id: idSchema('preparation'),
  print_profile_id: idSchema('profile'),
  printer_id: idSchema('printer'),
  model_id: idSchema('model'),
  stl_gcs_uri: z.string().startsWith('gs://').max(500),
  /** The model's DEK under the CWS's model KEK. */
  stl_dek: z.string().max(2000),
  stl_iv: z.string().max(64),
  stl_mac: z.string().max(64),
  /** The unit of the model file's numbers, where its designer set one. */
  stl_units: modelUnits.nullable().default(null),
})
export type SlicingJob = z.infer<typeof slicingJob>

const errorCode = z.enum(Object.keys(errorStatus) as [keyof typeof errorStatus, ...(keyof typeof errorStatus)[]])

/** The message on <env>-slicing-results. `lease_id` identifies the attempt: the result of an older attempt is dropped. */
export const slicingResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('sliced'),
    preparation_id: idSchema('preparation'),
    lease_id: z.string().min(16).max(64),
    gcode_gcs_uri: z.string().startsWith('gs://').max(500),
    psek_encrypted_gcode_dek: z.string().max(2000),
    /** Size of the sealed object in bytes, and its hash. */
    size: z.int().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    ...sliceDetails.shape,
    /** The copy that was kept for later preparations. Missing when none was kept. */
    copy: sliceCopy.optional(),
    /** True when a copy was reused, and nothing was sliced: for the log. */
    from_cache: z.boolean().optional(),
  }),
  z.object({
    outcome: z.literal('failed'),
    preparation_id: idSchema('preparation'),
    lease_id: z.string().min(16).max(64),
    code: errorCode,
    message: z.string().max(1000),
  }),
])
export type SlicingResult = z.infer<typeof slicingResult>
