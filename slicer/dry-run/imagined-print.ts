/** The G-code of an imagined print: a small block in the middle of the bed, with the profile's own G-code around it. */

import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import { keepsArcs } from '../assemble/arcs.ts'
import { assemble } from '../assemble/assemble.ts'
import { createIntake } from '../assemble/intake.ts'
import { layerMark } from '../engines/layer-mark.ts'
import type { PrintProfile } from '../profiles/profile.ts'

const layers = 3
const largestSideMm = 20

export interface ImaginedPrint {
  gcode: string
  /** One for each line of the profile's G-code that is left out. */
  warnings: string[]
}

/**
 * Expands and checks every field as in a real print, with plausible values for what only a finished slice knows.
 * Errors: profile_invalid, gcode_rejected, with field and line.
 */
export async function imaginePrint(
  profile: PrintProfile,
  printer: PrinterFacts | null,
  now: Date,
): Promise<ImaginedPrint> {
  const chunks: Buffer[] = []
  const write = async (bytes: Buffer) => void chunks.push(Buffer.from(bytes))
  const intake = createIntake({ bed: profile.bed, hasArcs: keepsArcs(printer), write })
  const { text, outline } = block(profile)
  await intake.add(Buffer.from(text))
  const body = await intake.end()
  const lines = Buffer.concat(chunks)
  let warnings: string[] = []
  const pieces = assemble({
    profile,
    printer,
    body,
    stats: { layers, estimated_time_s: 600, filament_mm: 500 },
    modelName: 'model',
    modelOutline: outline,
    random: () => 0.5,
    now,
    read: async function* ({ from, to }) {
      yield lines.subarray(from, to)
    },
    onWarnings: more => {
      warnings = more
    },
  })
  const gcode: string[] = []
  for await (const piece of pieces) gcode.push(piece.toString('utf8'))
  return { gcode: gcode.join(''), warnings }
}

function block({ bed, layerHeightMm, firstLayerHeightMm }: PrintProfile): {
  text: string
  outline: { x: number; y: number }[]
} {
  const half = Math.min(largestSideMm, (bed.max.x - bed.min.x) / 4, (bed.max.y - bed.min.y) / 4) / 2
  const middle = { x: (bed.min.x + bed.max.x) / 2, y: (bed.min.y + bed.max.y) / 2 }
  const outline = [
    { x: -half, y: -half },
    { x: half, y: -half },
    { x: half, y: half },
    { x: -half, y: half },
  ]
  const at = ({ x, y }: { x: number; y: number }) => `X${(middle.x + x).toFixed(3)} Y${(middle.y + y).toFixed(3)}`
  const around = [...outline.slice(1), outline[0]!].map(corner => `G1 ${at(corner)} E0.5 F1200\n`).join('')
  const text = Array.from({ length: layers }, (_, n) => {
    const height = n === 0 ? firstLayerHeightMm : layerHeightMm
    const z = firstLayerHeightMm + n * layerHeightMm
    return `${layerMark({ n, z, height })}G0 ${at(outline[0]!)} Z${z.toFixed(3)} F6000\n${around}`
  })
  return { text: text.join(''), outline }
}
