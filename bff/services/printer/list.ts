import { and, desc, eq, sql } from 'drizzle-orm'
import { printers } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PrinterListResponse, PrinterResponse } from '../../../schema/http/printers.ts'
import { buildOnce } from '../../build-once.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter, startOf, startPlaceholders } from '../page.ts'
import type { Printer } from './internal.ts'

/** A page of the user's registered printers, newest first. */
export async function listPrinters(ctx: Context, request: PageRequest): Promise<PrinterListResponse> {
  const { userId } = requireUser(ctx)
  const rows = await pageQuery(ctx.db).execute({ userId, ...startOf(request) })
  const { page, next_cursor } = cutPage(rows.map(toPrinterResponse), request, printer => ({
    at: new Date(printer.created_at),
    id: printer.printer_id,
  }))
  return { printers: page, next_cursor }
}

const pageQuery = buildOnce(db => {
  const { userId, status, createdAt, printerId } = printers
  const isOfUser = and(eq(userId, sql.placeholder('userId')), eq(status, 'active'))
  return db
    .select()
    .from(printers)
    .where(and(isOfUser, isAfter(startPlaceholders, createdAt, printerId)))
    .orderBy(desc(createdAt), desc(printerId))
    .limit(startPlaceholders.limit)
    .prepare('page_of_printers')
})

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
