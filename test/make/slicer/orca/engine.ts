/** The `orca` engine over a stand-in of OrcaSlicer (orca-slicer.mjs), which fails as `fault` says. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { silentLog } from '../../../../runtime/log.ts'
import type { Engine } from '../../../../slicer/engines/engine.ts'
import type { NativeTool } from '../../../../slicer/engines/native/run-native.ts'
import { findOrca } from '../../../../slicer/engines/orca/orca.ts'
import { findSandbox } from '../../../../slicer/sandbox/find.ts'

const standIn = resolve('test/make/slicer/orca/orca-slicer.mjs')

export async function makeOrca(
  fault = '',
  changes: Partial<NativeTool> = {},
): Promise<{ engine: Engine; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-orca-'))
  chmodSync(folder, 0o755)
  const program = join(folder, 'orca-slicer')
  writeFileSync(program, `#!/bin/sh\nexport FAULT=${fault}\nexec ${process.execPath} ${standIn} "$@"\n`, {
    mode: 0o755,
  })
  const engine = await findOrca({
    program,
    readable: [process.execPath, standIn],
    sandbox: await findSandbox(),
    timeoutSeconds: 60,
    memoryMib: 1024,
    log: silentLog,
    ...changes,
  })
  if (!engine) throw new Error('the stand-in does not run: is there a sandbox?')
  return { engine, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
