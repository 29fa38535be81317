import { ConfigError } from '../runtime/config.ts'
import { type Edge, type EdgeDeps, startEdge } from './app.ts'
import { bootNonce } from './boot-nonce.ts'
import type { EdgeSetup } from './config/read.ts'

/** What the edges of one process have in common. */
export type SharedDeps = Pick<EdgeDeps, 'clock' | 'jitter' | 'randomBytes' | 'log'>

/**
 * Starts the edge of every printer of this host. They share a process and nothing else: one whose Moonraker or Klipper is
 * away waits for it by itself. When one cannot work at all none is started, so that it is seen. Throws ConfigError.
 */
export async function startPrinters({ printers }: EdgeSetup, shared: SharedDeps): Promise<Edge[]> {
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
