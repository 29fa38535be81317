import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Narrator } from '../../local/demo/narrator.ts'
import { connectPrinter, type Printer } from '../../local/demo/printer.ts'
import { makeFolders, resetFolders } from '../../local/stack/folders.ts'
import { fund } from '../../local/stack/ledger.ts'
import { type Stack, type StackOptions, startStack } from '../../local/stack/stack.ts'
import { portsOfProcess } from './ports.ts'
import { copyEmptyCluster } from './postgres-server.ts'

export interface TestStack {
  stack: Stack
  printer: Printer
  fund: (accountId: string, hbar: bigint) => Promise<void>
  /** Kills every process with -9, and starts all again on the same data. */
  killAndRestart: () => Promise<void>
  close: () => Promise<void>
}

/** The whole local marketplace, every process of it, with data of its own. */
export async function makeStack(options: StackOptions = {}): Promise<TestStack> {
  process.env.METADATA_SERVER_DETECTION = 'none'
  const root = mkdtempSync(join(tmpdir(), 'lmnt-chain-'))
  chmodSync(root, 0o711) // root runs the database as nobody, who must get through
  const folders = makeFolders(root)
  copyEmptyCluster(folders.postgres)
  const made: TestStack = {
    ...(await start()),
    fund: (accountId, amount) => fund(made.stack.ledger, made.stack.secrets, made.stack.ledgerIds, accountId, amount),
    killAndRestart: async () => {
      const { stack, printer } = made
      for (const pid of Object.values(stack.pids())) process.kill(pid, 'SIGKILL')
      printer.close()
      await stack.stop()
      Object.assign(made, await start())
    },
    close: async () => {
      made.printer.close()
      await made.stack.stop()
      resetFolders(folders)
      rmSync(root, { recursive: true, force: true })
    },
  }
  return made

  async function start() {
    const stack = await startStack(
      folders,
      { up: () => {}, say: () => {} },
      { portsFrom: portsOfProcess(), env: { bff: { PASSWORD_COST: '1', TICK_SECONDS: '10' } }, ...options },
    )
    return { stack, printer: await connectPrinter(stack.urls.printer) }
  }
}

/** Runs the demo without output. */
export const quiet: Narrator = { say: () => {}, step: (_title, work) => work(() => {}) }
