import { and, desc, eq } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PrinterListResponse, PrinterResponse } from '../../../schema/http/printers.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter } from '../page.ts'
import type { Printer } from './internal.ts'

/** A page of the user's registered printers, newest first. */
export async function listPrinters(ctx: Context, request: PageRequest): Promise<PrinterListResponse> {
  const { userId } = requireUser(ctx)
  const rows = await ctx.db
    .select()
    .from(printers)
    .where(
      and(
        eq(printers.userId, userId),
        eq(printers.status, 'active'),
        isAfter(request.cursor, printers.createdAt, printers.printerId),
      ),
    )
    .orderBy(desc(printers.createdAt), desc(printers.printerId))
    .limit(request.limit + 1)
  const { page, next_cursor } = cutPage(rows.map(toPrinterResponse), request, printer => ({
    at: new Date(printer.created_at),
    id: printer.printer_id,
  }))
  return { printers: page, next_cursor }
}

function toPrinterResponse(printer: Printer): PrinterResponse {
  return {
    printer_id: printer.printerId,
    name: printer.name,
    description: printer.description,
    printer_may_print: printer.printerMayPrint,
    last_seen_at: printer.lastSeenAt?.toISOString() ?? null,
    created_at: printer.createdAt.toISOString(),
  }
}
