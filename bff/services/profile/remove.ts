import { and, eq, notExists } from 'drizzle-orm'
import { preparations, printProfiles } from '../../../schema/db/bff/index.ts'
import { type Context, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { ownProfile } from './internal.ts'

/**
 * Deletes a user's print profile. When preparations name it, its row is hidden and kept: slices in progress and prepared prints need it.
 * Errors: not_found, forbidden.
 */
export async function removeProfile(ctx: Context, profileId: string): Promise<void> {
  const { userId } = requireUser(ctx)
  await inTransaction(ctx, async tx => {
    await ownProfile(tx, profileId, userId, 'update')
    const isProfile = eq(printProfiles.printProfileId, profileId)
    const named = tx
      .select({ id: preparations.preparationId })
      .from(preparations)
      .where(eq(preparations.printProfileId, profileId))
    const deleted = await tx
      .delete(printProfiles)
      .where(and(isProfile, notExists(named)))
      .returning({ id: printProfiles.printProfileId })
    if (deleted.length === 0) await tx.update(printProfiles).set({ deletedAt: ctx.clock() }).where(isProfile)
  })
}
