import { and, eq, isNull, type Placeholder } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Queryable } from '../../context.ts'

export type PrintProfile = typeof printProfiles.$inferSelect

/** The profiles of a user that are not deleted. */
export const profilesOfUser = (userId: string | Placeholder) =>
  and(eq(printProfiles.userId, userId), isNull(printProfiles.deletedAt))

/**
 * Finds a user's profile. With `lock`, its row stays locked until the transaction ends: `key share` to name it in a preparation, `update`
 * to delete it; the two exclude each other. Errors: not_found (also when deleted), forbidden.
 */
export async function ownProfile(
  tx: Queryable,
  profileId: string,
  userId: string,
  lock?: 'key share' | 'update',
): Promise<PrintProfile> {
  const isPresent = and(eq(printProfiles.printProfileId, profileId), isNull(printProfiles.deletedAt))
  const query = tx.select().from(printProfiles).where(isPresent)
  const [profile] = await (lock ? query.for(lock) : query)
  if (!profile) throw new AppError('not_found', `There is no print profile ${profileId}.`)
  if (profile.userId !== userId) throw new AppError('forbidden', 'That print profile belongs to somebody else.')
  return profile
}
