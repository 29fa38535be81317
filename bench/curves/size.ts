import { gcodeOfMb } from '../gcode/job.ts'
import { peakOfPrint } from '../memory/print.ts'
import type { Curve } from './fit.ts'

/** The edge's peak memory in MB, and the seconds of a print on the virtual printer, over the size of the G-code in MB. */
export async function sizeCurves(sizes: number[]): Promise<{ memory: Curve; seconds: Curve }> {
  const memory: Curve = []
  const seconds: Curve = []
  for (const size of sizes) {
    const print = await peakOfPrint(gcodeOfMb(size))
    memory.push({ x: size, y: print.peakMb })
    seconds.push({ x: size, y: print.seconds })
  }
  return { memory, seconds }
}
