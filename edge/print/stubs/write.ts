import { join } from 'node:path'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { EdgeContext } from '../../context.ts'
import { isPrinting } from '../../moonraker/printer-state.ts'
import { findStub, gcodesRoot, replaceFile } from './file.ts'
import { stubText } from './text.ts'

/**
 * Writes the stub of a job's purchase into the gcodes root and returns its name there. An unchanged stub is not written. A changed stub
 * keeps its modification time, which identifies it in Moonraker's history. A stub that is being printed is changed later.
 * Errors: printer_offline, MoonrakerError, and those of the disk.
 */
export function writeStub(ctx: EdgeContext, prepared: PreparedPurchase): Promise<string> {
  return ctx.stubs.inTurn(() => write(ctx, prepared))
}

/**
 * Writes the stub of a prepared purchase without a job. Only once for each preparation: a missing stub was deleted by somebody, and
 * stays deleted. Does nothing when the printer has another registration by now. Errors: as writeStub.
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

/** Whether the file is being printed: then it must not change. */
export function isInUse(ctx: EdgeContext, file: string): boolean {
  const state = ctx.moonraker.state()
  return isPrinting(state) && state.printStats.filename === file
}
