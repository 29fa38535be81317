/**
 * The peak of the edge's resident memory while it downloads, checks and prints G-code, by its size in MB; each size in a new process, on
 * the virtual printer. Beside it the way without a container: one Fernet token, downloaded, opened and split into lines as a whole.
 * Bars: 110 MB for 500 MB of G-code, and 1.1 times as much as for 50. `--sizes 5,50,500`.
 */
import { parseArgs } from 'node:util'
import { gcodeOfMb } from './gcode/job.ts'
import { peakOfPrint } from './memory/print.ts'
import { peakOfWholeFile } from './memory/whole-file.ts'
import type { Figures } from './report/result.ts'
import { round } from './report/statistics.ts'

export const bars = { 'peak_rss_mb.500': { atMost: 110 }, ratio_of_500_to_50_mb: { atMost: 1.1 } }

export async function run(args: string[]): Promise<Figures> {
  const { values } = parseArgs({ args, options: { sizes: { type: 'string', default: '5,50,500' } } })
  const sizes = values.sizes.split(',').map(Number)
  const peaks: Record<string, number> = {}
  const seconds: Record<string, number> = {}
  const wholeFile: Record<string, number | string> = {}
  const idle: number[] = []
  for (const size of sizes) {
    const gcode = gcodeOfMb(size)
    const print = await peakOfPrint(gcode)
    peaks[size] = print.peakMb
    seconds[size] = print.seconds
    idle.push(print.idleMb)
    wholeFile[size] = await peakOfWholeFile(gcode)
  }
  return {
    peak_rss_mb: peaks,
    ratio_of_500_to_50_mb: peaks[500] && peaks[50] ? round(peaks[500] / peaks[50], 2) : null,
    whole_file_peak_rss_mb: wholeFile,
    peak_before_the_print_mb: Math.max(...idle),
    seconds,
  }
}
