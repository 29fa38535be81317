import { join } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { mostPrepared } from '../../marketplace/client.ts'
import type { PreparedFacts } from '../../marketplace/prepared-list.ts'
import { findStub, gcodesRoot, replaceFile } from './file.ts'
import { markedText, type StubMark } from './text.ts'
import { isInUse } from './write.ts'

/**
 * Says in each stub that is there whether it can still be printed. It keeps its name and its modification time, by which
 * Moonraker's history knows it. `held` is the purchase of the job in hand, whose right is reserved already. One that is being
 * printed is left for later. Errors: printer_offline, MoonrakerError, and those of the disk.
 */
export function markStubs(
  ctx: EdgeContext,
  prepared: ReadonlyMap<string, PreparedFacts>,
  reservedPurchaseId: string | undefined,
): Promise<void> {
  return ctx.stubs.inTurn(async () => {
    const root = await gcodesRoot(ctx)
    for (const { purchaseId, file } of ctx.stubs.all()) {
      const mark = purchaseId === reservedPurchaseId ? null : markOf(prepared, purchaseId)
      const path = join(root, file)
      const stub = await findStub(path, purchaseId)
      if (stub.kind !== 'stub' || isInUse(ctx, file)) continue
      const text = markedText(stub.text, mark)
      if (text !== stub.text) await replaceFile(path, text)
    }
  })
}

/** Exported for its test. */
export function markOf(prepared: ReadonlyMap<string, PreparedFacts>, purchaseId: string): StubMark | null {
  // Beyond so many it may be prepared all the same.
  const facts = prepared.get(purchaseId)
  if (facts) return facts.prints_remaining === 0 ? 'no prints left' : null
  return prepared.size < mostPrepared ? 'expired' : null
}
