import { and, desc, eq } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff.ts'
import type { PrinterResponse } from '../../../schema/http/printers.ts'
import { type Context, requireUser } from '../../context.ts'

/** A user's registered printers, newest first. */
export async function listPrinters(ctx: Context): Promise<PrinterResponse[]> {
  const { userId } = requireUser(ctx)
  const rows = await ctx.db
    .select()
    .from(printers)
    .where(and(eq(printers.userId, userId), eq(printers.status, 'active')))
    .orderBy(desc(printers.createdAt))
  return rows.map(printer => ({
    printer_id: printer.printerId,
    name: printer.name,
    description: printer.description,
    printer_may_print: printer.printerMayPrint,
    last_seen_at: printer.lastSeenAt?.toISOString() ?? null,
    created_at: printer.createdAt.toISOString(),
  }))
}
