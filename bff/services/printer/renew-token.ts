import type { PrinterTokenResponse } from '../../../schema/http/printers.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from './internal.ts'

/**
 * A printer changes its token for one with a new life. The old one stays good until the new one is used: an answer that is
 * lost costs nothing, and a token that leaked is worth nothing after the next renewal.
 */
export async function renewPrinterToken(ctx: Context): Promise<PrinterTokenResponse> {
  const printer = await requirePrinter(ctx)
  const { token, expiresIn } = await ctx.tokens.forPrinter(printer.printerId, printer.userId, printer.tokenVersion + 1)
  return { printer_token: token, expires_in: expiresIn }
}
