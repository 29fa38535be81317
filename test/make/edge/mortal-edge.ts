/**
 * The edge as a process that kills itself by SIGKILL right before its nth change of the disk (a write, rename or removal of a
 * file). Its argument is a JSON of MortalEdge. Run by crash.test.ts, as a bundle.
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
  /** Only changes below these folders count. */
  folders: string[]
  /** The number of the change before which it dies; 0: never. */
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
// Ends this process when its test is killed.
process.once('disconnect', () => process.exit())
