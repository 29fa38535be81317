/** Slices of well-known models, assembled for a real printer's own macros. */
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { Settings } from '../../../schema/http/profiles.ts'
import { outlineOfStl } from '../../../slicer/assemble/outline.ts'
import type { SliceableModel } from '../../../slicer/engines/engine.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { gcodeOf, type MadeGcode } from '../edge/gcode.ts'
import { ball, box, sample, scaled, torus } from '../slicer/models.ts'
import { testProfile } from '../slicer/profiles.ts'
import { makePrusa } from '../slicer/prusa.ts'
import { assembleBody, sliceBody } from '../slicer/slice.ts'
import { makeThree, sliceable } from '../slicer/three.ts'

/** Small, so that Klippy runs them in seconds, but with as many triangles as large ones. */
const models: Record<string, () => SliceableModel> = {
  'a cube': () => sliceable(box(12, 12, 4)),
  'a sphere of 50,000 triangles': () => sliceable(ball(5, 113)),
  'a torus of 60,000 triangles': () => sliceable(torus(6, 2, 245, 122)),
  'a gear wheel': () => sliceable(sample('objects/gearwheel.bin.stl')),
  'the bunny': () => sliceable(scaled(sample('objects/bunny.bin.stl'), 100)),
}

export interface SlicedBody {
  name: string
  body: string
  outline: ReturnType<typeof outlineOfStl>
}

/** Slices these models with the engine. Throws when the engine is not installed or does not run. */
export async function slicedBodies(
  engineName: 'three' | 'prusa',
  names: readonly string[] = Object.keys(models),
): Promise<SlicedBody[]> {
  const engine = engineName === 'three' ? await makeThree() : await makePrusa()
  if (!engine) throw new Error(`${engineName} does not run in the sandbox`)
  const profile = readProfile(testProfile({ layer_height: '0.3' }))
  const bodies: SlicedBody[] = []
  for (const name of names) {
    const model = models[name]?.()
    if (!model) throw new Error(`there is no model ${name}`)
    const { body } = await sliceBody(engine, model, profile)
    bodies.push({ name, body, outline: outlineOfStl(model.stl) })
  }
  return bodies
}

export async function assembledGcode(
  { name, body, outline }: SlicedBody,
  changes: Settings,
  printer: PrinterFacts | null,
): Promise<MadeGcode> {
  const profile = readProfile(testProfile({ layer_height: '0.3', ...changes }))
  const { gcode, read } = await assembleBody(body, profile, { printer, modelName: name, modelOutline: outline })
  return gcodeOf(gcode.toString().trimEnd().split('\n'), read.layers.length)
}
