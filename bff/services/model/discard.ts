import { and, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { appendMessage } from '../outbox/index.ts'

/** Forgets a model that is not published, and owes the bucket the removal of its file. One that is, stays. */
export async function discardModel(ctx: Context, modelId: string): Promise<void> {
  await inTransaction(ctx, async tx => {
    const [gone] = await tx
      .delete(publishedModels)
      .where(and(eq(publishedModels.modelId, modelId), eq(publishedModels.status, 'inspecting')))
      .returning({ uri: publishedModels.fileUrl })
    if (gone)
      await appendMessage(ctx, tx, { channel: 'delete-object', type: 'delete_object', payload: { uri: gone.uri } })
  })
}

/** Forgets what one request has unpublished that was taken up again. */
export async function discardModelsOf(ctx: Context, operation: string): Promise<void> {
  const unpublished = await ctx.db
    .select({ modelId: publishedModels.modelId })
    .from(publishedModels)
    .where(and(eq(publishedModels.status, 'inspecting'), eq(publishedModels.operation, operation)))
  for (const { modelId } of unpublished) await discardModel(ctx, modelId)
}
