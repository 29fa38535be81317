import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { config } from './config.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'

/** Strict: an option that is misspelt, or cannot be changed at run time, is not passed over in silence. */
const request = z
  .strictObject({
    token: userToken,
    auto_start: z.boolean().nullable().optional(),
    ask_before_using_rights: z.boolean().nullable().optional(),
  })
  .refine(({ auto_start, ask_before_using_rights: ask }) => auto_start !== undefined || ask !== undefined, {
    error: 'must name auto_start or ask_before_using_rights',
  })

/**
 * The printer's owner changes how the edge behaves, from the next job on and over restarts; null goes back to the configuration.
 * A job that already waits for someone to start it goes on waiting.
 * Errors: invalid_input, not_registered, unauthenticated, forbidden, marketplace_unavailable.
 */
export async function setConfig(ctx: AgentContext, params: unknown) {
  const { token, ...changed } = parseParams(request, params)
  const { printer_id } = requireIdentity(ctx)
  // The marketplace says whose token it is, and whose printer.
  const own = await ctx.marketplace.people.printers(token)
  if (!own.some(printer => printer.printer_id === printer_id)) {
    throw new AppError('forbidden', 'Only the owner of this printer changes its settings.')
  }
  await ctx.settings.change(changed)
  ctx.log.info(changed, 'the settings were changed')
  return config(ctx)
}
