import { and, eq, inArray, type SQL } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff.ts'
import type { PreparationStatus } from '../../../schema/http/preparations.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/append.ts'

export type Preparation = typeof preparations.$inferSelect

export const livePreparationStates = ['pending', 'in_progress'] as const satisfies PreparationStatus[]

/** The only way a preparation changes its state: one conditional UPDATE; null when it is not in one of `from`, or `when` fails. */
export async function movePreparation(
  ctx: Pick<Context, 'clock'>,
  tx: Queryable,
  preparationId: string,
  move: {
    from: readonly PreparationStatus[]
    to: PreparationStatus
    set?: Partial<typeof preparations.$inferInsert>
    when?: SQL | undefined
  },
): Promise<Preparation | null> {
  const [moved] = await tx
    .update(preparations)
    .set({ ...move.set, status: move.to, updatedAt: ctx.clock() })
    .where(and(eq(preparations.preparationId, preparationId), inArray(preparations.status, [...move.from]), move.when))
    .returning()
  return moved ?? null
}

/** Owes the bucket the removal of a preparation's sealed G-code, if it has any. */
export async function deleteGcode(ctx: Context, tx: Queryable, preparation: Preparation): Promise<void> {
  if (preparation.gcodeFileUrl) await deleteObject(ctx, tx, preparation.gcodeFileUrl)
}

export async function deleteObject(ctx: Context, tx: Queryable, uri: string): Promise<void> {
  await appendMessage(ctx, tx, { channel: 'delete-object', type: 'delete_object', payload: { uri } })
}
