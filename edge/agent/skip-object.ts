import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams } from './request.ts'
import { requirePrint, sendToKlipper } from './require-print.ts'

const objectNames = z.object({
  status: z.object({ exclude_object: z.object({ objects: z.array(z.object({ name: z.string() })) }) }),
})
/** Names that Klipper writes, and reads again from a G-code parameter, as one word. */
const safeName = /^[\p{L}\p{N}_.()[\]+-]+$/u

/**
 * Leaves the rest of one object out of the current job's print ([exclude_object]), such as one that has come off the bed.
 * Errors: invalid_input, not_found (no such object), job_not_printing, print_refused, printer_offline.
 */
export async function skipObject(ctx: AgentContext, params: unknown) {
  const { object } = parseParams(pageRequests.skip_object, params)
  const { id } = requirePrint(ctx, params)
  // The edge subscribes to exclude_object only while a page is open.
  const query = { objects: { exclude_object: ['objects'] } }
  const answer = await ctx.moonraker.call('printer.objects.query', query, z.unknown())
  const known = objectNames.safeParse(answer).data?.status.exclude_object.objects ?? []
  if (!safeName.test(object) || !known.some(({ name }) => name === object)) {
    throw new AppError('not_found', 'The print has no such object.')
  }
  await sendToKlipper(ctx, 'printer.gcode.script', { script: `EXCLUDE_OBJECT NAME=${object}` })
  return { status: 'skipping', print_job_id: id }
}
