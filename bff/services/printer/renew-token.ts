import type { PrinterTokenResponse } from '../../../schema/http/printers.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from './internal.ts'

/** A printer changes its token for one with a new life. The old one stays good: an answer that is lost costs nothing. */
export async function renewPrinterToken(ctx: Context): Promise<PrinterTokenResponse> {
  const printer = await requirePrinter(ctx)
  const { token, expiresIn } = await ctx.tokens.forPrinter(printer.printerId, printer.userId, printer.tokenVersion)
  return { printer_token: token, expires_in: expiresIn }
}
