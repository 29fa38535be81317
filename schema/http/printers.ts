import { z } from 'zod'
import { idSchema } from './ids.ts'
import { pageFields, pageQuery } from './page.ts'

export const registerPrinterRequest = z.object({
  name: z.string().trim().min(1).max(80),
  description: z.string().max(500).default(''),
  /** True when the printer may start prints of its prepared purchases: uses rights, never money. */
  printer_may_print: z.boolean().default(true),
})
export type RegisterPrinterRequest = z.infer<typeof registerPrinterRequest>

/** The wrapped PSEK is repeated under the names that older clients read. */
export const registerPrinterResponse = z.object({
  status: z.literal('registered'),
  printer_id: idSchema('printer'),
  user_id: idSchema('user'),
  name: z.string(),
  description: z.string(),
  kek_encrypted_psek_for_gcode_encryption: z.string(),
  encrypted_psek: z.string(),
  kek_id: z.string(),
  printer_token: z.string(),
  expires_in: z.int(),
})
export type RegisterPrinterResponse = z.infer<typeof registerPrinterResponse>

export const printerTokenResponse = z.object({ printer_token: z.string(), expires_in: z.int() })
export type PrinterTokenResponse = z.infer<typeof printerTokenResponse>

export const printerResponse = z.object({
  printer_id: idSchema('printer'),
  name: z.string(),
  description: z.string(),
  printer_may_print: z.boolean(),
  last_seen_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
})
export type PrinterResponse = z.infer<typeof printerResponse>

export const printerListQuery = pageQuery({ usual: 200, most: 200 })
export const printerListResponse = z.object({ printers: z.array(printerResponse), ...pageFields })
export type PrinterListResponse = z.infer<typeof printerListResponse>
