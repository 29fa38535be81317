import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { config } from './config.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'

/** Strict: a misspelt option, or one that cannot change at run time, is an error. */
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
 * Changes options of the edge for the printer's owner, from the next job on and across restarts; null resets an option to the
 * configuration. A job that already waits for its start at the printer goes on waiting.
 * Errors: invalid_input, not_registered, unauthenticated, forbidden, marketplace_unavailable.
 */
export async function setConfig(ctx: AgentContext, params: unknown) {
  const { token, ...changed } = parseParams(request, params)
  const { printer_id } = requireIdentity(ctx)
  // The marketplace checks the token, and lists the printers of its user.
  const own = await ctx.marketplace.people.printers(token)
  if (!own.some(printer => printer.printer_id === printer_id)) {
    throw new AppError('forbidden', 'Only the owner of this printer may change its settings.')
  }
  await ctx.settings.change(changed)
  ctx.log.info(changed, 'the settings were changed')
  return config(ctx)
}
