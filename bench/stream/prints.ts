/** The two ways that print a file by virtual_sdcard: out of our stream, and from the disk. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../../schema/http/ids.ts'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import { eventually } from '../../test/make/eventually.ts'
import type { MeasuredEdge } from '../edge/start.ts'
import { limitMs, untilIdle } from '../klippy/rate.ts'

/** A print that starts by itself in a moment. */
export interface Print {
  /** When the marketplace had the job, or Moonraker was asked, by performance.now(). */
  askedAt: number
  /** Resolves when its end is known everywhere. Throws when it ended otherwise. */
  ended: (status: 'success' | 'cancelled') => Promise<void>
}

export type StartPrint = (gcode: MadeGcode) => Promise<Print>

/** Publishes a job: the edge downloads the container, opens it, and sends its lines to Klipper's extra. */
export function streamed({ market, client }: MeasuredEdge): StartPrint {
  const purchaseId = newId('purchase', randomBytes)
  return async gcode => {
    const job = await market.add(gcode, { purchaseId })
    return {
      askedAt: performance.now(),
      ended: async status => {
        const report = await eventually('the report', () => job.reports[0], limitMs)
        // Otherwise each finished job's container stays in memory.
        market.jobs.splice(market.jobs.indexOf(job), 1)
        const ending = report.status === 'success' ? 'success' : report.stats?.reason
        if (ending !== status) throw new Error(`The print ended as ${JSON.stringify(report)}`)
        await untilIdle(client)
      },
    }
  }
}

/** Prints the same bytes as an ordinary file. */
export function fromDisk({ client, gcodesDir }: MeasuredEdge): StartPrint {
  let count = 0
  return async gcode => {
    const filename = `bench-${++count}.gcode`
    writeFileSync(join(gcodesDir, filename), gcode.text)
    // Moonraker parses a new file first, which slows Klippy down.
    await eventually(
      'the file is read',
      () => client.call('server.files.metadata', { filename }).catch(() => null),
      limitMs,
    )
    await untilIdle(client)
    const askedAt = performance.now()
    await client.call('printer.print.start', { filename })
    return { askedAt, ended: () => untilIdle(client) }
  }
}
