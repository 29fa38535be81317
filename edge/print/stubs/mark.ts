import { join } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { mostPrepared } from '../../marketplace/client.ts'
import type { PreparedFacts } from '../../marketplace/prepared-list.ts'
import { findStub, gcodesRoot, replaceFile } from './file.ts'
import { markedText, type StubMark } from './text.ts'
import { isInUse } from './write.ts'

/**
 * Writes into each existing stub whether it can still be printed. The stub keeps its name and its modification time, which identify it
 * in Moonraker's history. `reservedPurchaseId` is the purchase of the current job, whose right is already reserved. A stub that is
 * being printed is changed later. Errors: printer_offline, MoonrakerError, and those of the disk.
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
  // A purchase beyond `mostPrepared` is not listed, and may still be prepared.
  const facts = prepared.get(purchaseId)
  if (facts) return facts.prints_remaining === 0 ? 'no prints left' : null
  return prepared.size < mostPrepared ? 'expired' : null
}
