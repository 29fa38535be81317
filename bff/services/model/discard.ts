import { and, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff.ts'
import type { Context } from '../../context.ts'
import { appendMessage } from '../outbox/append.ts'

/** Forgets a model that is not published, and owes the bucket the removal of its file. One that is, stays. */
export async function discardModel(ctx: Context, modelId: string): Promise<void> {
  await ctx.db.transaction(async tx => {
    const [gone] = await tx
      .delete(publishedModels)
      .where(and(eq(publishedModels.modelId, modelId), eq(publishedModels.status, 'inspecting')))
      .returning({ uri: publishedModels.fileUrl })
    if (gone)
      await appendMessage(ctx, tx, { channel: 'delete-object', type: 'delete_object', payload: { uri: gone.uri } })
  })
}
