import { createHash } from 'node:crypto'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { Settings } from '../../../schema/http/profiles.ts'

/** Everything that decides the content of a slice, except the engine's version and the slicer's build, which the slicer compares. */
export interface SliceInput {
  modelId: string
  /** Names the object in the G-code. */
  modelTitle: string
  profile: { machine_settings: Settings; process_settings: Settings; filament: Settings }
  /** All facts about the printer, since its macros and limits change the G-code or refuse it. */
  printer: PrinterFacts | null
  /** The requested engine; null: the slicer's default. */
  engine: string | null
  /** The buyer's overrides, in their normal form. */
  overrides: Record<string, unknown>
}

/** Raise it when the meaning of the key's input changes. */
const format = 'lmnt-slice-key/1'

/** SHA-256 in hex of the input's canonical JSON. Two slices with one key are the same, but for the engine's version. */
export function sliceKey({ modelId, modelTitle, profile, printer, engine, overrides }: SliceInput): string {
  const text = canonicalJson({
    format,
    model: [modelId, modelTitle],
    profile,
    printer,
    engine,
    overrides,
  })
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with sorted keys and without spaces, so that equal values have equal texts. Fields that are undefined do not count. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`
}
