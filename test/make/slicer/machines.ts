/** Machines of slicers from ../shared/profiles: the settings, and their G-code expanded with given values. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { type ProfileContents, settingsSchema } from '../../../schema/http/profiles.ts'
import type { Kind, Value } from '../../../slicer/placeholders/index.ts'

export const machinesFile = '../shared/profiles/klipper-machines.jsonl.gz'

/** The language has two types for 20 and 20.0, JSON has one: reals become {real: 20}. */
const scalar = z.union([
  z.int().transform(value => ({ type: 'int' as const, value })),
  z.object({ real: z.number() }).transform(({ real }) => ({ type: 'float' as const, value: real })),
  z.boolean().transform(value => ({ type: 'bool' as const, value })),
  z.string().transform(value => ({ type: 'string' as const, value })),
])

const value = z.union([scalar, z.array(scalar).transform(vectorOf)])

const machineSchema = z.object({
  vendor: z.string(),
  name: z.string(),
  machine_settings: settingsSchema,
  process_settings: settingsSchema,
  filament: settingsSchema,
  context: z.record(z.string(), value).default({}),
  /** The expanded text of a field; an object when the reference evaluator failed. */
  expanded: z.record(z.string(), z.union([z.string(), z.object({ error: z.string() })])).default({}),
})

export interface Machine {
  vendor: string
  name: string
  profile: ProfileContents
  context: Record<string, Value>
  /** The expanded text by field. */
  expanded: Record<string, string>
}

/** Reads a file of machines, one JSON object a line, gzipped or not. */
export function readMachines(file: string): Machine[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return text.split('\n').flatMap((line, i) => (line.trim() ? readMachine(line, `${file}:${i + 1}`) : []))
}

const stringOrReal = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/g

function readMachine(line: string, where: string): Machine {
  const plain = z.object({ context: z.unknown() }).loose().parse(JSON.parse(line))
  const typed = JSON.parse(line.replace(stringOrReal, found => (found.startsWith('"') ? found : `{"real":${found}}`)))
  const read = machineSchema.safeParse({ ...plain, context: typed.context })
  if (!read.success) throw new Error(`${where}: ${z.prettifyError(read.error)}`)
  const { vendor, name, context, expanded, machine_settings, process_settings, filament } = read.data
  const texts = Object.entries(expanded).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return {
    vendor,
    name,
    profile: { machine_settings, process_settings, filament },
    context,
    expanded: Object.fromEntries(texts),
  }
}

function vectorOf(scalars: { type: Kind; value: unknown }[]): Value {
  const isReal = scalars.some(({ type }) => type === 'float')
  return { type: isReal ? 'float' : (scalars[0]?.type ?? 'string'), values: scalars.map(({ value }) => value) } as Value
}
