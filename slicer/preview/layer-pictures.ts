/**
 * Draws the part of sealed G-code that a buyer may see: pictures of some layers, seen from above. All have the
 * same frame, around everything that is printed. They have no scale, and a pixel is coarser than a printer's steps.
 */
import type { Body, Layer } from '../assemble/layers.ts'
import { chooseLayers } from './choose-layers.ts'
import { drawLayer } from './draw-layer.ts'
import { canvasSize, createLineCanvas } from './line-canvas.ts'
import { createKindFinder, type LineKind } from './line-kind.ts'

export interface LayerPicture {
  /** From 0. */
  layer: number
  /** The layer's top, in mm. */
  z: number
  png: Buffer
}

export interface LayerPictures {
  /** Passes a layer's bytes on, and draws them when the layer has a picture. Call it once for each layer, in order. */
  watch: (layer: Layer, pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>
  /** The pictures from the bed upwards, after the last layer. */
  pictures: () => LayerPicture[]
}

/** The fraction of the picture's width and height that the print fills at most. */
const filled = 0.94
/** The fraction of a line's width that is drawn, so that touching lines stay apart. */
const drawnWidth = 0.8

export function createLayerPictures(body: Body, lineWidthMm: number): LayerPictures {
  const chosen = new Set(chooseLayers(body.layers.length))
  const canvas = createLineCanvas()
  const { min, max } = body.printed
  const scale = (canvasSize * filled) / Math.max(max.x - min.x, max.y - min.y, 1)
  const left = canvasSize / 2 - (scale * (min.x + max.x)) / 2
  const bottom = canvasSize / 2 + (scale * (min.y + max.y)) / 2
  const width = scale * lineWidthMm * drawnWidth
  const drawn: LayerPicture[] = []
  let kind: LineKind = 'other'

  async function* watch(layer: Layer, pieces: AsyncIterable<Buffer>) {
    if (!chosen.has(layer.n)) {
      const findKind = createKindFinder()
      for await (const piece of pieces) {
        kind = findKind(piece) ?? kind
        yield piece
      }
      return
    }
    canvas.clear()
    const drawing = drawLayer({
      start: body.layers[layer.n - 1]?.end ?? {},
      kind,
      line: (from, to, kind) =>
        canvas.line(
          left + scale * from.x,
          bottom - scale * from.y,
          left + scale * to.x,
          bottom - scale * to.y,
          width,
          kind,
        ),
    })
    for await (const piece of pieces) {
      drawing.add(piece)
      yield piece
    }
    kind = drawing.end()
    drawn.push({ layer: layer.n, z: layer.z, png: canvas.encode() })
  }

  return { watch, pictures: () => drawn }
}
