import { eq } from 'drizzle-orm'
import { users } from '../../schema/db/bff/index.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Queryable } from '../context.ts'

/** Locks a user's row until the transaction ends: quotas are counted one request at a time. Errors: unauthenticated. */
export async function lockUserRow(tx: Queryable, userId: string): Promise<typeof users.$inferSelect> {
  const [user] = await tx.select().from(users).where(eq(users.userId, userId)).for('no key update')
  if (!user) throw new AppError('unauthenticated', 'The account of your token no longer exists. Register again.')
  return user
}
