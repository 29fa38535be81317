import { eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Context, requireOperator } from '../../context.ts'
import { recordAct } from '../record-act.ts'

/**
 * For operators: resets a purchase's count of unsuccessful prints in a row, so that it can be printed again. Returns the
 * count before the reset. Errors: not_found.
 */
export async function releaseAttempts(ctx: Context, purchaseId: string): Promise<number> {
  requireOperator(ctx)
  const byId = eq(purchases.purchaseId, purchaseId)
  return ctx.db.transaction(async tx => {
    const [purchase] = await tx.select().from(purchases).where(byId).for('update')
    if (!purchase) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
    const { attempts } = purchase
    if (attempts === 0) return 0
    await tx.update(purchases).set({ attempts: 0 }).where(byId)
    await recordAct(ctx, tx, 'release-attempts', purchaseId, { attempts })
    return attempts
  })
}
