import type { z } from 'zod'
import { pageRequests } from '../../schema/page/requests.ts'
import { removeStubs } from '../print/stubs/remove.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { askForOwnerChange, mayReplace } from './owner-change.ts'
import { parseParams, userOf, withToken } from './request.ts'

const request = withToken(pageRequests.register_printer)

/**
 * Registers this printer for the user of the JWT. The store is replaced only after the marketplace has answered, so a refusal changes
 * nothing. An earlier registration is ended after that, or as soon as the marketplace can be reached. The registration of another
 * owner is replaced only when somebody at the printer agrees (owner-change.ts), and auto_start is then off. A retry with the same
 * idempotency key, as after a lost answer, registers the same printer.
 * Errors: invalid_input, owner_consent_required, printer_busy, unauthenticated, marketplace_unavailable, and the marketplace's
 * refusals.
 */
export function registerPrinter(ctx: AgentContext, params: unknown) {
  const wanted = parseParams(request, params)
  return ctx.registering(async () => {
    await refuseWhileBusy(ctx, { isForced: false })
    const present = ctx.store.identity()
    if (present && !(await mayReplace(ctx, present, wanted.token))) {
      const wish = { userId: userOf(wanted.token), name: wanted.name }
      await askForOwnerChange(ctx, wish, () => ctx.registering(() => register(ctx, wanted)))
    }
    return register(ctx, wanted)
  })
}

async function register(ctx: AgentContext, { token, idempotency_key, ...printer }: z.infer<typeof request>) {
  await refuseWhileBusy(ctx, { isForced: false })
  const registered = await ctx.marketplace.people.registerPrinter(token, printer, idempotency_key)
  const earlier = ctx.store.identity()
  const isOther = earlier !== null && earlier.printer_id !== registered.printer_id
  if (isOther) await ctx.earlierPrinters.add(earlier)
  // The earlier owner's permission to start prints unattended does not apply to another owner.
  if (!earlier) {
    // Settings from a lost identity are not this owner's.
    await ctx.settings.reset()
  } else if (earlier.user_id !== registered.user_id) {
    await ctx.settings.change({ auto_start: false, ask_before_using_rights: null })
  }
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
  const isOwnerChanged = earlier !== null && earlier.user_id !== registered.user_id
  ctx.securityLog.add({
    event: isOwnerChanged ? 'owner_changed' : 'printer_registered',
    user_id: registered.user_id,
    details: { printer_id: registered.printer_id },
  })
  // A waiting poll with the old token starts again with the new one.
  ctx.currentJob.pollNow().catch(() => {})
  const replaced = isOther ? await giveUp(ctx, earlier.printer_id) : null
  const { status, printer_id, user_id, name, description } = registered
  return { status, printer_id, user_id, name, description, replaced }
}

/** Ends the earlier registration, of any owner. The purchases prepared for it expire. */
async function giveUp(ctx: AgentContext, printer_id: string) {
  await removeStubs(ctx)
  const problem = await ctx.earlierPrinters.giveUp(printer_id)
  return { printer_id, status: problem === null ? 'unregistered' : 'still_registered', problem }
}
