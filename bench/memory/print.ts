import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import { eventually } from '../../test/make/eventually.ts'
import { startMeasuredEdge } from '../edge/start.ts'
import { memoryMb } from '../report/memory.ts'
import { round } from '../report/statistics.ts'

const limitMs = 600_000

/** The peak of a new edge while it downloads, opens and prints this G-code, on the virtual printer. */
export async function peakOfPrint(gcode: MadeGcode) {
  const edge = await startMeasuredEdge({ printer: 'virtual' })
  try {
    const idle = memoryMb(edge.pid, 'VmHWM')
    const job = await edge.market.add(gcode)
    const began = performance.now()
    const report = await eventually('the report', () => job.reports[0], limitMs)
    if (report.status !== 'success') throw new Error(`The print ended as ${JSON.stringify(report)}`)
    return {
      peakMb: Math.round(memoryMb(edge.pid, 'VmHWM')),
      idleMb: Math.round(idle),
      seconds: round((performance.now() - began) / 1000, 1),
    }
  } finally {
    await edge.close()
  }
}
