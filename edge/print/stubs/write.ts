import { join } from 'node:path'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { EdgeContext } from '../../context.ts'
import { isPrinting } from '../../moonraker/printer-state.ts'
import { findStub, gcodesRoot, replaceFile } from './file.ts'
import { stubText } from './text.ts'

/**
 * Puts the stub of a job's purchase into the gcodes root and gives its name there. A stub that is there and says the same is
 * left alone; one that must change keeps its modification time, by which Moonraker's history knows it; one that is being
 * printed is left for later.
 * Errors: printer_offline, MoonrakerError, and those of the disk.
 */
export function writeStub(ctx: EdgeContext, prepared: PreparedPurchase): Promise<string> {
  return ctx.stubs.inTurn(() => write(ctx, prepared))
}

/**
 * The same for what was prepared and has no job yet. Once for each preparation: a stub that is gone since then was deleted by
 * somebody, who is not to have it back. Not when this printer is registered as another one by now. Errors: as writeStub.
 */
export function writeFirstStub(ctx: EdgeContext, prepared: PreparedPurchase, printerId: string): Promise<void> {
  return ctx.stubs.inTurn(async () => {
    if (ctx.store.identity()?.printer_id !== printerId) return
    if (!ctx.stubs.isWritten(prepared.purchase_id, prepared.preparation_id)) await write(ctx, prepared)
  })
}

async function write(ctx: EdgeContext, prepared: PreparedPurchase): Promise<string> {
  const { purchase_id: purchaseId, preparation_id: preparationId, title } = prepared
  const root = await gcodesRoot(ctx)
  const find = (file: string) => findStub(join(root, file), purchaseId)
  const { file, made_at } = await ctx.stubs.entry(
    purchaseId,
    title,
    async name => (await find(name)).kind === 'foreign',
  )
  const existing = await find(file)
  const text = stubText(prepared, new Date(made_at))
  if (existing.kind !== 'stub' || existing.text !== text) {
    if (existing.kind === 'stub' && isInUse(ctx, file)) return file
    await replaceFile(join(root, file), text)
  }
  await ctx.stubs.saveWritten(purchaseId, preparationId)
  return file
}

/** Whether it is being printed: then it is left alone. */
export function isInUse(ctx: EdgeContext, file: string): boolean {
  const state = ctx.moonraker.state()
  return isPrinting(state) && state.printStats.filename === file
}
