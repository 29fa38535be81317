/** Slices before they are sealed: an engine's body, and the whole G-code with it. */
import { normaliseGcode } from '../../../schema/gcode/normalise.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import { engineProfile, keepsArcs } from '../../../slicer/assemble/arcs.ts'
import { assemble } from '../../../slicer/assemble/assemble.ts'
import { createIntake } from '../../../slicer/assemble/intake.ts'
import type { Body } from '../../../slicer/assemble/layers.ts'
import { outlineOfStl, type Point } from '../../../slicer/assemble/outline.ts'
import type { Engine, SliceableModel, SliceOptions, SliceStats } from '../../../slicer/engines/engine.ts'
import type { PrintProfile } from '../../../slicer/profiles/profile.ts'

export interface Slice {
  body: string
  stats: SliceStats
}

export async function sliceBody(
  engine: Engine,
  model: SliceableModel,
  profile: PrintProfile,
  options: Partial<SliceOptions> = {},
): Promise<Slice> {
  const chunks: Buffer[] = []
  const stats = await engine.slice(model, profile, {
    signal: new AbortController().signal,
    onProgress: () => {},
    onGcode: async chunk => void chunks.push(Buffer.from(chunk)),
    ...options,
  })
  return { body: Buffer.concat(chunks).toString(), stats }
}

export interface WholeOptions {
  /** Null by default: the printer has reported no facts. */
  printer?: PrinterFacts | null
  modelName?: string | null
}

export interface Whole extends Slice {
  gcode: Buffer
  warnings: string[]
  /** The measurements of the body. */
  read: Body
}

/** Slices, adds the profile's G-code and checks the result, as a job does. */
export async function sliceWhole(
  engine: Engine,
  model: SliceableModel,
  profile: PrintProfile,
  options: WholeOptions = {},
): Promise<Whole> {
  const { body, stats } = await sliceBody(engine, model, engineProfile(profile, options.printer ?? null))
  return {
    body,
    stats,
    ...(await assembleBody(body, profile, { ...options, stats, modelOutline: outlineOfStl(model.stl) })),
  }
}

/** Adds the profile's G-code to a body and checks the result. */
export async function assembleBody(
  body: string,
  profile: PrintProfile,
  options: WholeOptions & { stats?: SliceStats; modelOutline?: Point[]; pieceSize?: number } = {},
): Promise<{ gcode: Buffer; warnings: string[]; read: Body }> {
  const { printer = null, modelName = null, modelOutline = [], pieceSize = 50_001 } = options
  const stats = options.stats ?? { layers: 1, estimated_time_s: 60, filament_mm: 100, warnings: [] }
  const chunks: Buffer[] = []
  const write = async (bytes: Buffer) => void chunks.push(Buffer.from(bytes))
  const intake = createIntake({ bed: profile.bed, hasArcs: keepsArcs(printer), write })
  const bytes = Buffer.from(body)
  for (let at = 0; at < bytes.length; at += pieceSize) await intake.add(bytes.subarray(at, at + pieceSize))
  const read = await intake.end()
  const spooled = Buffer.concat(chunks)
  let warnings: string[] = []
  const gcode = assemble({
    body: read,
    profile,
    printer,
    modelName,
    modelOutline,
    stats,
    now: new Date('2026-11-25T12:00:00Z'),
    random: () => 0.5,
    read: async function* ({ from, to }) {
      yield spooled.subarray(from, to)
    },
    onWarnings: more => {
      warnings = more
    },
  })
  const pieces: Buffer[] = []
  for await (const piece of normaliseGcode(gcode)) pieces.push(Buffer.from(piece))
  return { gcode: Buffer.concat(pieces), warnings, read }
}
