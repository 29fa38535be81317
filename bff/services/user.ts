import { eq } from 'drizzle-orm'
import { users } from '../../schema/db/bff/index.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Queryable } from '../context.ts'

/** Holds a user's row until the transaction ends, so that what is counted for a user is counted one at a time. Errors: unauthenticated. */
export async function lockUser(tx: Queryable, userId: string): Promise<typeof users.$inferSelect> {
  const [user] = await tx.select().from(users).where(eq(users.userId, userId)).for('no key update')
  if (!user) throw new AppError('unauthenticated', 'There is no account of your token any more: register again.')
  return user
}
