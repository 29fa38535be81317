import { printers } from '../../../schema/db/bff.ts'
import { wipe } from '../../../schema/gcode/keys.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { RegisterPrinterRequest, RegisterPrinterResponse } from '../../../schema/http/printers.ts'
import { type Context, requireUser } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/append.ts'

/**
 * A user registers a printer: its PSEK is made here, wrapped by the CWS and forgotten; nothing is stored before that.
 * Errors: cws_unavailable.
 */
export async function registerPrinter(ctx: Context, input: RegisterPrinterRequest): Promise<RegisterPrinterResponse> {
  const { userId } = requireUser(ctx)
  const printerId = newId('printer', ctx.random)
  const psek = ctx.random(32)
  const kekEncryptedPsek = await ctx.cws.encrypt(psek, `printer:${printerId}`).finally(() => wipe(psek))
  const now = ctx.clock()
  await ctx.db.transaction(async tx => {
    await tx.insert(printers).values({
      printerId,
      userId,
      name: input.name,
      description: input.description,
      kekEncryptedPsek,
      status: 'active',
      printerMayPrint: input.printer_may_print,
      createdAt: now,
      updatedAt: now,
    })
    await appendLedgerEvent(ctx, tx, {
      type: 'printer_registered',
      public: { printer_id: printerId },
      private: { user_id: userId, name: input.name },
    })
  })
  const { token, expiresIn } = await ctx.tokens.forPrinter(printerId, userId, 1)
  return {
    status: 'registered',
    printer_id: printerId,
    user_id: userId,
    name: input.name,
    description: input.description,
    kek_encrypted_psek_for_gcode_encryption: kekEncryptedPsek,
    encrypted_psek: kekEncryptedPsek,
    kek_id: kekEncryptedPsek,
    printer_token: token,
    expires_in: expiresIn,
  }
}
