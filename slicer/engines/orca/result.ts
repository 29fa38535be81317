import { z } from 'zod'
import { parseReport } from '../../sandbox/pipes.ts'

const resultFile = z.object({
  return_code: z.int(),
  error_string: z.string().default(''),
  plate_index: z.int().default(0),
  sliced_plates: z
    .array(z.object({ id: z.int().default(0), warning_message: z.string().default('') }).loose())
    .max(100)
    .default([]),
})
export type OrcaResult = z.infer<typeof resultFile>

/** Parses result.json; undefined when it is missing, incomplete or not OrcaSlicer's. */
export function readResult(text: string): OrcaResult | undefined {
  return parseReport(resultFile, text)
}

/** Returns 0 to 1, or undefined for a line without progress. */
export function readProgress(line: string): number | undefined {
  const [, percent] = /"total_percent":\s*(\d{1,3})\b/.exec(line) ?? []
  return percent === undefined ? undefined : Math.min(1, Number(percent) / 100)
}
