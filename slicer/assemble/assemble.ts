/** Puts the profile's G-code around and between the layers of a toolpath body, the same way for every engine. */
import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import { insideAxes, nearBed } from '../check/positions.ts'
import { keepsArcs } from './arcs.ts'
import { fieldExpander } from './expand.ts'
import { endTexts, type FramingOptions, layerTexts, restoredModes, startTexts, type Text } from './framing.ts'
import type { Layer } from './layers.ts'
import { defineObject, objectOutline, safeObjectName } from './object.ts'
import type { Point } from './outline.ts'
import { layerValues, runValues, type Slice } from './run-values.ts'
import { createTextWriter, type TextWriter } from './text-writer.ts'

export interface AssembleOptions extends Slice {
  /** Null while the printer has not reported its facts. */
  printer: PrinterFacts | null
  /** From 0 to below 1, for the profile's own random values. */
  random: () => number
  /** The model's outline from above, relative to its own middle. */
  modelOutline: readonly Point[]
  /** Reads the layer's bytes of the toolpath body. */
  read: (layer: Layer) => AsyncIterable<Buffer>
  /** Called at the end with sentences for the buyer. */
  onWarnings: (warnings: string[]) => void
}

/**
 * Yields the G-code in whole lines: the body's, each once and in order, with the profile's fields around them. A piece is valid
 * until the next is requested.
 * Errors: profile_invalid, gcode_rejected with field and line, and those of `read`.
 */
export async function* assemble(options: AssembleOptions): AsyncGenerator<Buffer> {
  const { body, printer, profile, random } = options
  const values = runValues(options)
  const macros = printer ? new Set(printer.macros.map(({ name }) => name)) : null
  const framing: FramingOptions = { profile, ...fieldExpander(profile, { random }), values, macros }
  const writer = createTextWriter(allowedPositions(options), { hasArcs: keepsArcs(printer) })
  const object = objectTexts(options)

  yield writer.write([...object.define, ...startTexts(framing)])
  let maxZ = 0
  let before: Layer | undefined
  for (const layer of body.layers) {
    maxZ = Math.max(maxZ, layer.z)
    yield betweenLayers(writer, layerTexts(framing, layer, layerValues(layer, maxZ, before)), layer, before)
    yield writer.write(object.start)
    yield* options.read(layer)
    yield writer.write(object.end)
    writer.check.afterModel({ ...layer.end, e: 0 })
    before = layer
  }
  const last = before as Layer
  yield writer.write(endTexts(framing, layerValues(last, maxZ, last)))
  options.onWarnings(
    writer.leftOut.size === 0
      ? []
      : [`Left out of the profile's G-code, since it writes to the printer's disk: ${[...writer.leftOut].join(', ')}.`],
  )
}

/** The profile's G-code before a layer. Then restores the modes and the position for the model's moves. */
function betweenLayers(writer: TextWriter, texts: Text[], layer: Layer, before: Layer | undefined): Buffer {
  const written = [writer.write(texts)]
  const ownField = texts.findLast(({ field }) => field !== '')?.field
  if (layer.n > 0 && ownField) {
    written.push(writer.write([{ field: '', gcode: restoredModes.join('\n') }, ...wayBack(writer, before)]))
  }
  writer.check.beforeModel()
  return Buffer.concat(written)
}

/** Moves the head back after a field has moved it: an engine may begin a layer where it ended the last one. */
function wayBack({ check }: TextWriter, before: Layer | undefined): Text[] {
  const { x, y } = check.head.position
  const end = before?.end
  if (!end || Number.isNaN(end.x + end.y) || (x === end.x && y === end.y)) return []
  return [{ field: '', gcode: `G0 X${end.x.toFixed(3)} Y${end.y.toFixed(3)} F6000` }]
}

function allowedPositions({ printer, profile }: AssembleOptions) {
  const { axis_min: min, axis_max: max } = printer ?? {}
  return min && max ? insideAxes({ min, max }) : nearBed(profile.bed)
}

/** Empty for printers without [exclude_object]: they do not know the commands, and the edge would refuse them. */
function objectTexts({ printer, modelName, modelOutline, profile, body }: AssembleOptions) {
  if (printer?.has_exclude_object !== true) return { define: [], start: [], end: [] }
  const { min, max } = profile.bed
  const middle = { x: (min.x + max.x) / 2, y: (min.y + max.y) / 2 }
  const name = safeObjectName(modelName)
  const own = (gcode: string): Text[] => [{ field: '', gcode }]
  return {
    define: own(defineObject(name, objectOutline(modelOutline, middle, body))),
    start: own(`EXCLUDE_OBJECT_START NAME=${name}`),
    end: own(`EXCLUDE_OBJECT_END NAME=${name}`),
  }
}
