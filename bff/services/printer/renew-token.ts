import type { PrinterTokenResponse } from '../../../schema/http/printers.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from './internal.ts'

/**
 * Renews a printer's token. The old token stays valid until the new one is used, in case the answer is lost. So a leaked token
 * becomes invalid after the next renewal.
 */
export async function renewPrinterToken(ctx: Context): Promise<PrinterTokenResponse> {
  const printer = await requirePrinter(ctx)
  const { token, expiresIn } = await ctx.tokens.forPrinter(printer.printerId, printer.userId, printer.tokenVersion + 1)
  return { printer_token: token, expires_in: expiresIn }
}
