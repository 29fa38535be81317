import { ConfigError } from '../runtime/config.ts'
import { type Edge, type EdgeDeps, startEdge } from './app.ts'
import { bootNonce } from './boot-nonce.ts'
import type { EdgeSetup } from './config/read.ts'

/** Dependencies that the edges of one process share. */
export type SharedDeps = Pick<EdgeDeps, 'clock' | 'jitter' | 'randomBytes' | 'log'>

/**
 * Starts the edge of every printer of this host. The edges share only the process: each waits for its own Moonraker and Klipper. When
 * one cannot start, none does, so that the error is noticed. Throws ConfigError.
 */
export async function startPrinters({ printers }: Pick<EdgeSetup, 'printers'>, shared: SharedDeps): Promise<Edge[]> {
  const failures: string[] = []
  const start = ({ name, config }: EdgeSetup['printers'][number]) => {
    const log = shared.log.child({ printer: name })
    const nonce = bootNonce(config.dataDir, shared.randomBytes)
    return startEdge({ ...shared, config, bootNonce: nonce, log }).catch((error: unknown) => {
      if (!(error instanceof ConfigError)) log.error({ err: error }, 'the edge of this printer cannot start')
      failures.push(`  [printer ${name}]: ${error instanceof Error ? error.message : error}`)
      return null
    })
  }
  const edges = (await Promise.all(printers.map(start))).filter(edge => edge !== null)
  if (failures.length === 0) return edges
  await Promise.all(edges.map(edge => edge.close()))
  throw new ConfigError(`Not every printer can be served:\n${failures.join('\n')}`)
}
