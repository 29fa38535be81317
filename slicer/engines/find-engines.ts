import { ConfigError } from '../../runtime/config.ts'
import type { Log } from '../../runtime/log.ts'
import type { EngineName } from '../../schema/http/slicer.ts'
import { requireProgram } from '../require-program.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Engine } from './engine.ts'
import { findOrca } from './orca/orca.ts'
import { findPrusa } from './prusa/prusa.ts'
import { threeCommand, threePackage } from './three/command.ts'
import { threeEngine } from './three/three.ts'

export interface EngineSettings {
  SLICER_ENGINE: EngineName
  ENGINE_CHILD: string
  PRUSA_SLICER: string
  ORCA_SLICER: string
  SLICER_TIMEOUT_SECONDS: number
  SLICER_MEMORY_MIB: number
}

/**
 * The engines that work on this host, the default one first. `three` always works; the others need their program and a sandbox.
 * Errors: ConfigError, when the default engine does not work.
 */
export async function findEngines(
  settings: EngineSettings,
  sandbox: Sandbox,
  log: Log,
): Promise<readonly [Engine, ...Engine[]]> {
  const { SLICER_ENGINE, PRUSA_SLICER, ORCA_SLICER } = settings
  const shared = {
    sandbox,
    timeoutSeconds: settings.SLICER_TIMEOUT_SECONDS,
    memoryMib: settings.SLICER_MEMORY_MIB,
    log,
  }
  const native = (program: string) => ({ ...shared, program, readable: [] })
  const child = requireProgram('ENGINE_CHILD', settings.ENGINE_CHILD)
  const three = threeEngine({ ...shared, about: threePackage(child), command: threeCommand(child) })
  const natives = await Promise.all([findPrusa(native(PRUSA_SLICER)), findOrca(native(ORCA_SLICER))])
  const engines = [three, ...natives].filter(engine => engine !== undefined)
  const first = engines.find(engine => engine.name === SLICER_ENGINE)
  if (!first) {
    throw new ConfigError(
      `SLICER_ENGINE: ${SLICER_ENGINE} does not run here. Install its program, name it (PRUSA_SLICER, ORCA_SLICER), and\n` +
        'allow a sandbox: without one only "three" runs.',
    )
  }
  return [first, ...engines.filter(engine => engine !== first)]
}
