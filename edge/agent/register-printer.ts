import { AppError } from '../../schema/http/errors.ts'
import { registerPrinterRequest } from '../../schema/http/printers.ts'
import type { EdgeContext } from '../context.ts'
import type { Desk } from '../print/desk.ts'
import { parseParams, userToken } from './request.ts'

const request = registerPrinterRequest.extend({ token: userToken })

/**
 * Registers this printer for the person whose JWT is given. The store is replaced only after the marketplace has answered,
 * so a refusal changes nothing.
 * Errors: invalid_input, printer_busy, unauthenticated, marketplace_unavailable, and the marketplace's refusals.
 */
export async function registerPrinter(ctx: EdgeContext, desk: Desk, params: unknown) {
  const { token, ...printer } = parseParams(request, params)
  const isOwed = ctx.outbox.entries().some(entry => entry.refused === null)
  if (desk.current() || isOwed) {
    throw new AppError('printer_busy', 'A print is in hand, or its report is on its way. Try again when that is done.')
  }
  const registered = await ctx.marketplace.registerPrinter(token, printer)
  await ctx.store.save({
    marketplace_url: ctx.config.marketplaceUrl,
    printer_id: registered.printer_id,
    user_id: registered.user_id,
    name: registered.name,
    kek_encrypted_psek: registered.kek_encrypted_psek_for_gcode_encryption,
    printer_token: registered.printer_token,
    token_issued_at: ctx.clock(),
    token_expires_in_s: registered.expires_in,
  })
  ctx.log.info({ printer_id: registered.printer_id }, 'the printer is registered')
  // A poll with the old token, if one is waiting, is begun anew with the new one.
  desk.pollNow().catch(() => {})
  const { status, printer_id, user_id, name, description } = registered
  return { status, printer_id, user_id, name, description }
}
