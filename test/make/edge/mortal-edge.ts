/**
 * The edge as a process that dies by SIGKILL right before the nth time that it changes something on the disk: writes a file,
 * renames one, or removes one. Its argument is a JSON of MortalEdge. Run by crash.test.ts, as a bundle.
 */
import { randomBytes } from 'node:crypto'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { startEdge } from '../../../edge/app.ts'
import { bootNonce } from '../../../edge/boot-nonce.ts'
import type { EdgeConfig } from '../../../edge/config.ts'
import { silentLog } from '../../../runtime/log.ts'

export interface MortalEdge {
  config: EdgeConfig
  /** What is counted: changes below these folders. */
  folders: string[]
  /** The change that is never made; 0 is an edge that lives. */
  step: number
}

const { config, folders, step } = JSON.parse(process.argv[2] ?? '') as MortalEdge
let steps = 0

function change(path: unknown): void {
  if (!folders.some(folder => String(path).startsWith(folder))) return
  if (++steps === step) process.kill(process.pid, 'SIGKILL')
}

const { open, rename, rm } = promises
Object.assign(promises, {
  async open(...args: Parameters<typeof open>) {
    const file = await open(...args)
    const { writeFile } = file
    file.writeFile = (...given) => {
      change(args[0])
      return writeFile.apply(file, given)
    }
    return file
  },
  rename(...args: Parameters<typeof rename>) {
    change(args[0])
    return rename(...args)
  },
  rm(...args: Parameters<typeof rm>) {
    change(args[0])
    return rm(...args)
  },
})
syncBuiltinESMExports()

const edge = await startEdge({
  config,
  clock: Date.now,
  jitter: Math.random,
  randomBytes,
  bootNonce: bootNonce(config.dataDir, randomBytes),
  log: silentLog,
})
process.once('SIGTERM', () => void edge.close().then(() => process.exit()))
// A test that was broken off leaves nothing behind.
process.once('disconnect', () => process.exit())
