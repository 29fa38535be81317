import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { ProfileContents } from '../../../schema/http/profiles.ts'

/** A machine of OrcaSlicer's with its default process and filament: see the README beside the file. */
export interface OrcaMachine extends ProfileContents {
  vendor: string
  name: string
  /** What the run-time names of its G-code are for a slice of some model. */
  context: Record<string, unknown>
  /** What its G-code fields become with that, or what the evaluator gave up at. */
  expanded: Record<string, string | { error: string }>
}

const file = new URL('../../../../shared/profiles/klipper-machines.jsonl.gz', import.meta.url)

export function orcaMachines(): OrcaMachine[] {
  return gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}
