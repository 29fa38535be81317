import { setTimeout as sleep } from 'node:timers/promises'
import type { Printer } from '../../local/demo/printer.ts'
import { edgeCfgFile } from '../../local/stack/edge-config.ts'
import { instance } from '../../local/stack/environments.ts'
import { GaveUp } from './marketplace.ts'
import { runNode } from './run-node.ts'
import type { World } from './world.ts'

interface Registration {
  token: string
  name: string
  /** Repeating a request with the same key, after a lost answer, returns the same printer. */
  key: string
}

const againMs = 200

/** Registers a printer by its edge. Repeats until there is an answer, at most until `until` (performance.now()). Returns its id. */
export async function registerAt(printer: Printer, { token, name, key }: Registration, until: number): Promise<string> {
  const args = { token, name, description: 'chaos', idempotency_key: key }
  const request = { agent: 'lmnt_marketplace', method: 'register_printer', arguments: args }
  for (;;) {
    try {
      return (await printer.call<{ printer_id: string }>('server.extensions.request', request)).printer_id
    } catch (error) {
      // The edge is down, is busy with a print, or cannot reach the marketplace.
      if (performance.now() > until) throw new GaveUp(`the printer says: ${(error as Error).message}`)
      await sleep(againMs)
    }
  }
}

/**
 * Removes the previous run's registration with the command on the printer's host: otherwise the printer asks at its screen before
 * it changes its owner. Repeats while the edge is ending that run's print, at most until `until` (of performance.now()).
 */
export async function freePrinter({ folders, printers }: World, index: number, until: number): Promise<void> {
  const request = { agent: 'lmnt_marketplace', method: 'status', arguments: {} }
  const isRegistered = async () =>
    (await printers[index]!.call<{ registered: boolean }>('server.extensions.request', request)).registered
  const env = { EDGE_CONFIG: edgeCfgFile(folders, instance('edge', index)) }
  while (await isRegistered()) {
    const output = await runNode(['dist/edge.js', 'unregister'], { env })
    if (!(await isRegistered())) return
    if (performance.now() > until) throw new Error(`printer ${index + 1} is still registered: ${output}`)
    await sleep(againMs)
  }
}
