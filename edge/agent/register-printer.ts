import { AppError, isAppError } from '../../schema/http/errors.ts'
import { registerPrinterRequest } from '../../schema/http/printers.ts'
import { removeStubs } from '../print/remove-stubs.ts'
import type { Identity } from '../store.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { idempotencyKey, parseParams, userToken } from './request.ts'

const request = registerPrinterRequest.extend({ token: userToken, idempotency_key: idempotencyKey })

/**
 * Registers this printer for the person whose JWT is given. The store is replaced only after the marketplace has answered,
 * so a refusal changes nothing; an earlier registration is given up after that. Asked again with the same idempotency key, as
 * after an answer that was lost, it is the same printer.
 * Errors: invalid_input, printer_busy, unauthenticated, marketplace_unavailable, and the marketplace's refusals.
 */
export function registerPrinter(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, ...printer } = parseParams(request, params)
  return ctx.registering(async () => {
    await refuseWhileBusy(ctx, { isForced: false })
    const registered = await ctx.marketplace.people.registerPrinter(token, printer, idempotency_key)
    const earlier = ctx.store.identity()
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
    ctx.desk.pollNow().catch(() => {})
    const isOther = earlier !== null && earlier.printer_id !== registered.printer_id
    const replaced = isOther ? await giveUp(ctx, earlier) : null
    const { status, printer_id, user_id, name, description } = registered
    return { status, printer_id, user_id, name, description, replaced }
  })
}

/**
 * Ends the earlier registration with the printer's old token, whoever its owner was; what was prepared for it expires with it.
 * By force: a job that it holds there can never be printed any more.
 */
async function giveUp(ctx: AgentContext, { printer_id, printer_token }: Identity) {
  await removeStubs(ctx)
  try {
    await ctx.marketplace.people.removePrinter(printer_token, printer_id, { isForced: true })
  } catch (error) {
    const isGone = isAppError(error, 'not_found', 'printer_revoked')
    if (!isGone) {
      ctx.log.warn({ err: error, printer_id }, 'the earlier registration is still at the marketplace')
      const problem = error instanceof AppError ? error.message : 'Something went wrong. See the log.'
      return { printer_id, status: 'still_registered', problem }
    }
  }
  return { printer_id, status: 'unregistered', problem: null }
}
