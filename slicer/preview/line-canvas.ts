/** Draws lines of a few kinds into a small picture. Takes a byte a pixel, and reuses the memory for each picture. */
import { encodePalettePng } from '../model/png.ts'
import { type LineKind, lineKinds } from './line-kind.ts'

export interface LineCanvas {
  clear: () => void
  /** Draws a line from one pixel to another; does nothing once the limit of drawn pixels is reached. */
  line: (x0: number, y0: number, x1: number, y1: number, width: number, kind: LineKind) => void
  /** A PNG of at most `maxPictureBytes`. */
  encode: () => Buffer
}

/** Width and height of the picture in pixels. It is drawn at a multiple of that and averaged. */
export const pictureSize = 256
const oversampling = 2
export const canvasSize = pictureSize * oversampling
/** Above it, the picture is made at half the size: 128 x 128 bytes, below the limit even when nothing compresses. */
export const maxPictureBytes = 18 * 1024
/** A picture has a quarter of a million pixels; a layer that covers itself many times stays unfinished. */
const maxPixelsDrawn = 4_000_000
const opacities = 4
const none = 255

/** Colours that are visible on light and on dark pages. */
const colours: Record<LineKind, readonly [number, number, number]> = {
  'outer-wall': [239, 108, 0],
  wall: [255, 179, 0],
  solid: [142, 68, 173],
  infill: [200, 60, 60],
  support: [67, 160, 71],
  skirt: [0, 151, 167],
  other: [33, 150, 243],
}

/** Colour 0 is transparent. Each kind has one colour for each opacity, from faint to full. */
const palette = [
  [0, 0, 0, 0] as const,
  ...lineKinds.flatMap(kind =>
    Array.from(
      { length: opacities },
      (_, step) => [...colours[kind], Math.round((255 * (step + 1)) / opacities)] as const,
    ),
  ),
]

export function createLineCanvas(): LineCanvas {
  /** 0 for an empty pixel, otherwise the kind's number from 1. */
  const pixels = new Uint8Array(canvasSize * canvasSize)
  let remaining = maxPixelsDrawn

  function line(x0: number, y0: number, x1: number, y1: number, width: number, kind: LineKind): void {
    const value = lineKinds.indexOf(kind) + 1
    const [dx, dy] = [x1 - x0, y1 - y0]
    const isFlat = Math.abs(dx) >= Math.abs(dy)
    const length = isFlat ? Math.abs(dx) : Math.abs(dy)
    const slope = length === 0 ? 0 : (isFlat ? dy : dx) / (isFlat ? dx : dy)
    const from = Math.round(isFlat ? Math.min(x0, x1) : Math.min(y0, y1))
    const to = Math.round(isFlat ? Math.max(x0, x1) : Math.max(y0, y1))
    // The width is measured across the line, so that a slanted line is not thinner.
    const across = Math.max(1, width * Math.sqrt(1 + slope * slope))
    for (let along = Math.max(0, from); along <= Math.min(canvasSize - 1, to); along++) {
      const middle = isFlat ? y0 + (along - x0) * slope : x0 + (along - y0) * slope
      const first = Math.max(0, Math.round(middle - across / 2))
      const last = Math.min(canvasSize - 1, Math.round(middle + across / 2) - 1)
      remaining -= 1 + Math.max(0, last - first)
      if (remaining < 0) return
      for (let at = first; at <= last; at++) {
        pixels[isFlat ? at * canvasSize + along : along * canvasSize + at] = value
      }
    }
  }

  function encode(): Buffer {
    const picture = develop(pixels, oversampling)
    return picture.length <= maxPictureBytes ? picture : develop(pixels, oversampling * 2)
  }

  return {
    clear: () => {
      pixels.fill(0)
      remaining = maxPixelsDrawn
    },
    line,
    encode,
  }
}

/** Reduces each block of `scale` x `scale` to one pixel: the block's first kind, as opaque as the block is full. */
function develop(pixels: Uint8Array, scale: number): Buffer {
  const size = canvasSize / scale
  const picture = new Uint8Array(size * size)
  /** Counts for one row of blocks. */
  const drawn = new Uint8Array(size)
  const kinds = new Uint8Array(size)
  for (let y = 0; y < size; y++) {
    drawn.fill(0)
    kinds.fill(none)
    for (let at = y * scale * canvasSize, end = at + scale * canvasSize; at < end; at++) {
      const kind = pixels[at] as number
      if (kind === 0) continue
      const x = Math.trunc((at % canvasSize) / scale)
      drawn[x] = (drawn[x] as number) + 1
      if (kind < (kinds[x] as number)) kinds[x] = kind
    }
    for (let x = 0; x < size; x++) {
      if (drawn[x] === 0) continue
      const opacity = Math.ceil(((drawn[x] as number) * opacities) / (scale * scale))
      picture[y * size + x] = ((kinds[x] as number) - 1) * opacities + opacity
    }
  }
  return encodePalettePng({ width: size, height: size, colours: picture, palette })
}
