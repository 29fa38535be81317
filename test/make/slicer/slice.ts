/** A slice as it is before it is sealed: an engine's body, and the whole G-code that is made of it. */
import { normaliseGcode } from '../../../schema/gcode/normalise.ts'
import { checkGcode } from '../../../slicer/check/check.ts'
import type { Engine, SliceableModel, SliceOptions, SliceStats } from '../../../slicer/engines/engine.ts'
import { framingGcode } from '../../../slicer/profiles/framing.ts'
import type { PrintProfile } from '../../../slicer/profiles/profile.ts'
import { frameBody } from '../../../slicer/slice/frame.ts'

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

/** Slices, puts the profile's G-code around, and checks what came of it, as a job does. */
export async function sliceWhole(
  engine: Engine,
  model: SliceableModel,
  profile: PrintProfile,
): Promise<Slice & { gcode: Buffer }> {
  const { body, stats } = await sliceBody(engine, model, profile)
  const whole = frameBody(piecesOf(body), framingGcode(profile, model.size))
  const gcode: Buffer[] = []
  for await (const piece of checkGcode(normaliseGcode(whole), profile.bed)) gcode.push(Buffer.from(piece))
  return { body, stats, gcode: Buffer.concat(gcode) }
}

/** In pieces that cut lines. */
async function* piecesOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 50_001) yield bytes.subarray(at, at + 50_001)
}
