import { and, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { appendMessage } from '../outbox/index.ts'

/** Deletes a model that is not published, and queues the deletion of its file. Does nothing for a published model. */
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

/** Deletes the unpublished models of an earlier attempt of the same operation. */
export async function discardModelsOf(ctx: Context, operation: string): Promise<void> {
  const unpublished = await ctx.db
    .select({ modelId: publishedModels.modelId })
    .from(publishedModels)
    .where(and(eq(publishedModels.status, 'inspecting'), eq(publishedModels.operation, operation)))
  for (const { modelId } of unpublished) await discardModel(ctx, modelId)
}
