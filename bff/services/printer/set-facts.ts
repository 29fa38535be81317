import { eq } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from './internal.ts'

/** A printer says what it is; what it said before is forgotten. Errors: those of requirePrinter. */
export async function setPrinterFacts(ctx: Context, facts: PrinterFacts): Promise<void> {
  const { printerId } = await requirePrinter(ctx)
  await ctx.db.update(printers).set({ facts, updatedAt: ctx.clock() }).where(eq(printers.printerId, printerId))
}
