import { eq } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from './internal.ts'

/** Stores the facts that a printer reports about itself, in place of the earlier ones. Errors: those of requirePrinter. */
export async function setPrinterFacts(ctx: Context, facts: PrinterFacts): Promise<void> {
  const { printerId } = await requirePrinter(ctx)
  await ctx.db.update(printers).set({ facts, updatedAt: ctx.clock() }).where(eq(printers.printerId, printerId))
}
