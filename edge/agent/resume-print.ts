import type { AgentContext } from './context.ts'
import { requirePrint, sendToKlipper } from './require-print.ts'

/**
 * Resumes the current job's print at the printer; the marketplace need not be reached.
 * Errors: invalid_input, not_found, job_not_printing, print_refused, printer_offline.
 */
export async function resumePrint(ctx: AgentContext, params: unknown) {
  const { id } = requirePrint(ctx, params)
  await sendToKlipper(ctx, 'printer.print.resume')
  return { status: 'resuming', print_job_id: id }
}
