/** A minimal renderer for thumbnails: draws shaded triangles with a depth buffer. */
import type { Picture } from './png.ts'

/** A point on the picture: x to the right, y downwards, in pixels; depth grows away from the viewer. */
export interface ScreenPoint {
  x: number
  y: number
  depth: number
}

export interface Canvas {
  /**
   * Fills a triangle with one grey level, 0 to 1, where nothing nearer was drawn. Does nothing once `maxPixelsDrawn` is
   * reached.
   */
  fill: (a: ScreenPoint, b: ScreenPoint, c: ScreenPoint, light: number) => void
  /** Averages blocks of `scale` x `scale` pixels, which smooths the outlines. Undrawn pixels are transparent. */
  develop: (scale: number, colour: readonly [number, number, number]) => Picture
}

/**
 * A million triangles that each cover the whole picture would take hours. Real models draw a few times the picture's area;
 * a model made to be slow gets an unfinished picture after about two seconds.
 */
const maxPixelsDrawn = 200_000_000

export function createCanvas(width: number, height: number): Canvas {
  const depths = new Float32Array(width * height).fill(Infinity)
  const lights = new Float32Array(width * height)
  let remaining = maxPixelsDrawn

  function fill(a: ScreenPoint, b: ScreenPoint, c: ScreenPoint, light: number): void {
    const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)
    if (area === 0 || remaining <= 0) return
    // The depth is a plane over the picture.
    const depthByX = ((b.depth - a.depth) * (c.y - a.y) - (c.depth - a.depth) * (b.y - a.y)) / area
    const depthByY = ((b.x - a.x) * (c.depth - a.depth) - (c.x - a.x) * (b.depth - a.depth)) / area

    const top = Math.max(0, Math.ceil(Math.min(a.y, b.y, c.y) - 0.5))
    const bottom = Math.min(height - 1, Math.floor(Math.max(a.y, b.y, c.y) - 0.5))
    for (let row = top; row <= bottom; row++) {
      const y = row + 0.5
      let from = Infinity
      let to = -Infinity
      for (const x of [crossing(a, b, y), crossing(b, c, y), crossing(c, a, y)]) {
        if (Number.isNaN(x)) continue
        if (x < from) from = x
        if (x > to) to = x
      }
      const first = Math.max(0, Math.ceil(from - 0.5))
      const last = Math.min(width - 1, Math.floor(to - 0.5))
      let depth = a.depth + (first + 0.5 - a.x) * depthByX + (y - a.y) * depthByY
      for (let at = row * width + first; at <= row * width + last; at++) {
        if (depth < (depths[at] as number)) {
          depths[at] = depth
          lights[at] = light
        }
        depth += depthByX
      }
      remaining -= 1 + Math.max(0, last - first)
    }
  }

  function develop(scale: number, colour: readonly [number, number, number]): Picture {
    const picture = { width: width / scale, height: height / scale }
    const rgba = new Uint8Array(picture.width * picture.height * 4)
    for (let y = 0; y < picture.height; y++) {
      for (let x = 0; x < picture.width; x++) {
        const { light, cover } = block(x * scale, y * scale, scale)
        const at = (y * picture.width + x) * 4
        colour.forEach((value, channel) => {
          rgba[at + channel] = Math.round(Math.min(255, value * light))
        })
        rgba[at + 3] = Math.round(255 * cover)
      }
    }
    return { ...picture, rgba }
  }

  function block(left: number, top: number, scale: number): { light: number; cover: number } {
    let sum = 0
    let drawn = 0
    for (let y = top; y < top + scale; y++) {
      for (let x = left; x < left + scale; x++) {
        if (depths[y * width + x] === Infinity) continue
        sum += lights[y * width + x] as number
        drawn++
      }
    }
    return { light: drawn === 0 ? 0 : sum / drawn, cover: drawn / (scale * scale) }
  }

  return { fill, develop }
}

/** The x at which an edge crosses the row `y`; NaN when it does not. */
function crossing(from: ScreenPoint, to: ScreenPoint, y: number): number {
  if (from.y < y === to.y < y) return Number.NaN
  return from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)
}
