import { z } from 'zod'
import { eventually } from '../eventually.ts'
import type { PrinterHost } from './printer-host.ts'

/** Waits until Klippy is ready, and restarts it when it has shut down. */
export async function untilReady({ client }: PrinterHost): Promise<void> {
  await eventually(
    'Klippy is ready',
    async () => {
      const info = await client.call('printer.info').catch(() => null)
      const { state } = z.object({ state: z.string() }).catch({ state: 'disconnected' }).parse(info)
      if (state === 'shutdown') await client.call('printer.firmware_restart').catch(() => {})
      return state === 'ready'
    },
    60_000,
  )
}

const objects = z.object({
  virtual_sdcard: z.object({ progress: z.number(), is_active: z.boolean(), file_position: z.number() }),
  display_status: z.object({ progress: z.number() }),
  print_stats: z.object({ state: z.string(), info: z.object({ current_layer: z.number().nullable() }) }),
  heater_bed: z.object({ target: z.number() }),
  extruder: z.object({ target: z.number() }),
  lmnt_line_record: z.object({ lines: z.number(), sha256: z.string() }),
  lmnt_stream: z
    .object({ is_active: z.boolean(), is_starved: z.boolean().optional(), received: z.number().optional() })
    .catchall(z.unknown()),
})
const names = Object.keys(objects.shape)

/** Klippy's status, with the lines that it has run since the print began. */
export async function klippy({ client }: PrinterHost): Promise<z.infer<typeof objects>> {
  const wanted = Object.fromEntries(names.map(name => [name, null]))
  const answer = (await client.call('printer.objects.query', { objects: wanted })) as { status: unknown }
  return objects.parse(answer.status)
}

/** Waits until Klippy has run more than this many lines of the current print. */
export async function untilLines(host: PrinterHost, lines: number): Promise<void> {
  await eventually(
    `${lines} lines have run`,
    async () => {
      const { lmnt_line_record: record, lmnt_stream: stream } = await klippy(host)
      return stream.is_active && record.lines > lines
    },
    60_000,
  )
}

/** Waits until the print has run all lines that the relay lets through, and starves at this byte. */
export async function untilHeld(host: PrinterHost, byte: number): Promise<void> {
  await eventually(
    `the print stands at byte ${byte}`,
    async () => {
      const { state, message } = await host.client.printStats()
      if (state === 'error') throw new Error(`the print ended before byte ${byte}: ${message}`)
      const { is_starved: isStarved, received } = (await klippy(host)).lmnt_stream
      return isStarved && received === byte
    },
    60_000,
  )
}

export async function untilState(host: PrinterHost, state: string, limitMs = 60_000) {
  const look = async () => {
    const stats = await host.client.printStats()
    return stats.state === state && stats
  }
  return eventually(`the print is in state ${state}`, look, limitMs)
}

/** Calls the method behind a button of the interfaces. Throws when the printer takes more than 2 s. */
export async function atOnce(host: PrinterHost, method: string, state: string): Promise<void> {
  const started = performance.now()
  await host.client.call(method)
  const tookMs = performance.now() - started
  if (tookMs > 2000) throw new Error(`${method} took ${tookMs} ms`)
  await untilState(host, state, 2000)
}

export interface HistoryEntry {
  filename: string
  status: string
  exists: boolean
  metadata: Record<string, unknown>
}

/** Moonraker's history, the newest first. */
export async function history(host: PrinterHost, limit = 20): Promise<HistoryEntry[]> {
  return ((await host.client.call('server.history.list', { limit })) as { jobs: HistoryEntry[] }).jobs
}

/** The newest entry of Moonraker's history. */
export async function latestHistory(host: PrinterHost): Promise<HistoryEntry> {
  return (await history(host, 1))[0] as HistoryEntry
}

/** Waits until Moonraker has parsed a file, and returns its metadata. */
export function metadataOf(host: PrinterHost, filename: string): Promise<Record<string, unknown>> {
  return eventually(`${filename} is parsed`, () =>
    host.client.call('server.files.metadata', { filename }).then(
      answer => answer as Record<string, unknown>,
      () => null,
    ),
  )
}

/** Waits until the current job can be printed, and returns its stub. */
export function readyFile(host: PrinterHost): Promise<string> {
  return eventually('the job is ready', async () => {
    const { job } = (await host.client.agent('status')) as { job: { state: string; file: string } | null }
    return job?.state === 'ready' && job.file
  })
}
