import { z } from 'zod'
import { idSchema } from '../http/ids.ts'

/** The message on <env>-print-jobs, for integrators; printers are woken by their long poll. */
export const printJobMessage = z.object({
  print_job_id: idSchema('job'),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer'),
})
export type PrintJobMessage = z.infer<typeof printJobMessage>
