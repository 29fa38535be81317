import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { config } from './config.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'

/** Strict: an option that is misspelt, or cannot be changed at run time, is not passed over in silence. */
const request = z.strictObject({ token: userToken, auto_start: z.boolean().nullable() })

/**
 * The printer's owner changes how the edge behaves, from the next job on and over restarts; null goes back to the configuration.
 * A job that already waits for someone to start it goes on waiting.
 * Errors: invalid_input, not_registered, unauthenticated, forbidden, marketplace_unavailable.
 */
export async function setConfig(ctx: AgentContext, params: unknown) {
  const { token, auto_start } = parseParams(request, params)
  const { printer_id } = requireIdentity(ctx)
  // The marketplace says whose token it is, and whose printer.
  const own = await ctx.marketplace.people.printers(token)
  if (!own.some(printer => printer.printer_id === printer_id)) {
    throw new AppError('forbidden', 'Only the owner of this printer changes its settings.')
  }
  await ctx.settings.change({ auto_start })
  ctx.log.info({ auto_start }, 'the settings were changed')
  return config(ctx)
}
