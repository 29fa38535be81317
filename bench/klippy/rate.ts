import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import type { PrinterClient } from '../../test/make/edge/printer-client.ts'
import { eventually } from '../../test/make/eventually.ts'

export const limitMs = 300_000
const pollMs = 20
/** The measurement begins after this part of a print: its start and the opening of the G-code do not count. */
const measuredFrom = 0.02

const queryResponse = z.object({
  status: z.object({
    virtual_sdcard: z.object({ file_position: z.number(), file_size: z.number() }),
    print_stats: z.object({ state: z.string(), total_duration: z.number(), message: z.string() }),
  }),
})

/** How far the print is. */
export async function printStatus(client: PrinterClient) {
  const objects = { virtual_sdcard: null, print_stats: null }
  const { status } = queryResponse.parse(await client.call('printer.objects.query', { objects }))
  return { ...status.virtual_sdcard, ...status.print_stats }
}

/** Lines a second, by the clock and by the CPU time of Klippy. */
export interface Rate {
  perSecond: number
  perCpuSecond: number
}

/** The rate of the print of this G-code, which is running or starts next. `cpu` is the clock of Klippy's CPU time. */
export async function rateOfNext(client: PrinterClient, cpu: () => number, gcode: MadeGcode): Promise<Rate> {
  const size = Buffer.byteLength(gcode.text)
  let first: (Awaited<ReturnType<typeof printStatus>> & { cpu: number }) | undefined
  let last = first
  await eventually(
    'the print ends',
    async () => {
      const status = { ...(await printStatus(client)), cpu: cpu() }
      if (status.state === 'error') throw new Error(`The print failed: ${status.message}`)
      const isOurs = status.file_size === size
      if (isOurs && status.file_position > size * measuredFrom) {
        // A print that is complete before the first sample is the previous one.
        if (status.state === 'printing') first ??= status
        last = status
      }
      await sleep(pollMs)
      return first && status.state === 'complete'
    },
    limitMs,
  )
  if (!first || !last || last.total_duration <= first.total_duration)
    throw new Error('The print was too short to measure.')
  const lines = ((last.file_position - first.file_position) / size) * gcode.lines
  return {
    perSecond: lines / (last.total_duration - first.total_duration),
    perCpuSecond: lines / Math.max(last.cpu - first.cpu, Number.EPSILON),
  }
}

/** The duration of the print of this G-code, measured by Klippy. No earlier print has the same size. */
export async function secondsOf(client: PrinterClient, gcode: MadeGcode): Promise<number> {
  const size = Buffer.byteLength(gcode.text)
  const { total_duration } = await eventually(
    'the print ends',
    async () => {
      const status = await printStatus(client)
      if (status.state === 'error') throw new Error(`The print failed: ${status.message}`)
      return status.file_size === size && status.state === 'complete' && status
    },
    limitMs,
  )
  return total_duration
}

export async function untilIdle(client: PrinterClient): Promise<void> {
  await eventually(
    'the printer is idle',
    async () => !['printing', 'paused'].includes((await printStatus(client)).state),
  )
  // Moonraker writes the history a moment later; a print that starts sooner is missing from it.
  await sleep(500)
}

/** Resolves when the print of this G-code has run its first part. */
export async function untilPrinting(client: PrinterClient, gcode: MadeGcode): Promise<void> {
  const size = Buffer.byteLength(gcode.text)
  const isBegun = async () => {
    const status = await printStatus(client)
    return status.state === 'printing' && status.file_size === size && status.file_position > size * measuredFrom
  }
  await eventually('the print begins', isBegun, limitMs)
}

const streamStatus = z.object({ status: z.object({ lmnt_stream: z.object({ starved_count: z.number() }) }) })

/** How often the last streamed print has waited for a line. */
export async function starvedCount(client: PrinterClient): Promise<number> {
  const answer = await client.call('printer.objects.query', { objects: { lmnt_stream: null } })
  return streamStatus.parse(answer).status.lmnt_stream.starved_count
}
