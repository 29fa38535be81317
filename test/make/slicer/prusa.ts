/** The `prusa` engine as in production. `makePrusa` returns undefined when PrusaSlicer is not installed. */
import { silentLog } from '../../../runtime/log.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import type { NativeTool } from '../../../slicer/engines/native/run-native.ts'
import { findPrusa } from '../../../slicer/engines/prusa/prusa.ts'
import { findSandbox } from '../../../slicer/sandbox/find.ts'

export const prusaProgram = '/usr/bin/prusa-slicer'

export async function makePrusa(changes: Partial<NativeTool> = {}): Promise<Engine | undefined> {
  return findPrusa({
    program: prusaProgram,
    readable: [],
    sandbox: await findSandbox(),
    timeoutSeconds: 60,
    memoryMib: 2048,
    log: silentLog,
    ...changes,
  })
}
