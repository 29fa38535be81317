import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

interface PrinterStatus {
  print_stats: { state: string }
  lmnt_stream?: { question: { nonce: string; answer: string | null } | null }
}

/** A stub appears a moment after its slice. */
const stubMs = 3000

/**
 * Starts a purchase's stub from the file list, answers the printer's question with "Start", and waits until the print is over, at
 * most until `until` (of performance.now()). Returns the print's state, or why it did not start.
 */
export async function startStub(printer: Printer, purchaseId: string, until: number): Promise<string> {
  const filename = await findStub(printer, purchaseId, Math.min(until, performance.now() + stubMs))
  if (!filename) return 'has no stub'
  try {
    await printer.call('printer.print.start', { filename })
  } catch (error) {
    return `${filename}: ${(error as Error).message}`
  }
  for (;;) {
    const { status } = await printer.call<{ status: PrinterStatus }>('printer.objects.query', {
      objects: { print_stats: null, lmnt_stream: null },
    })
    const { state } = status.print_stats
    if (state !== 'printing' && state !== 'paused') return `${filename}: ${state}`
    const question = status.lmnt_stream?.question
    if (question?.answer === null) {
      const script = `LMNT_CONSENT NONCE=${question.nonce} ANSWER=start`
      // The question may have been withdrawn.
      await printer.call('printer.gcode.script', { script }).catch(() => {})
    }
    if (performance.now() > until) throw new GaveUp(`${filename} is still ${state}`)
    await sleep(againMs)
  }
}

/** The stub that names the purchase, as a path in the file list; undefined when it does not appear. */
async function findStub(printer: Printer, purchaseId: string, until: number): Promise<string | undefined> {
  const [root] = await printer.call<{ path: string }[]>('server.files.roots')
  const folder = join(root!.path, 'LMNT')
  for (;;) {
    try {
      const name = readdirSync(folder).find(file => readFileSync(join(folder, file)).includes(purchaseId))
      if (name) return `LMNT/${name}`
    } catch {
      // The edge is replacing or removing files.
    }
    if (performance.now() > until) return undefined
    await sleep(againMs)
  }
}
