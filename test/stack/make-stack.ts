import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../local/build.ts'
import type { Narrator } from '../../local/show/narrator.ts'
import { connectPrinter, type Printer } from '../../local/show/printer.ts'
import { makeFolders, resetFolders } from '../../local/stack/folders.ts'
import { fund } from '../../local/stack/ledger.ts'
import { type Stack, startStack } from '../../local/stack/stack.ts'

export interface TestStack {
  stack: Stack
  printer: Printer
  fund: (accountId: string, hbar: bigint) => Promise<void>
  close: () => Promise<void>
}

/** The whole local marketplace, every process of it, with data of its own. */
export async function makeStack(): Promise<TestStack> {
  process.env.METADATA_SERVER_DETECTION = 'none'
  const root = mkdtempSync(join(tmpdir(), 'lmnt-chain-'))
  chmodSync(root, 0o711) // root runs the database as nobody, who must get through
  await build()
  const folders = makeFolders(root)
  const stack = await startStack(folders, () => {})
  const printer = await connectPrinter(stack.urls.printer)
  return {
    stack,
    printer,
    fund: (accountId, hbar) => fund(stack.ledger, stack.secrets, accountId, hbar),
    close: async () => {
      printer.close()
      await stack.stop()
      resetFolders(folders)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Performs without a word. */
export const quiet: Narrator = { say: () => {}, step: (_title, work) => work(() => {}) }
