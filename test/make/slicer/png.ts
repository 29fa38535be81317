/** Decodes the PNGs that we write: one IDAT, no filters, with or without a palette. */
import { inflateSync } from 'node:zlib'
import * as assert from 'uvu/assert'

export interface Decoded {
  width: number
  height: number
  /** Four bytes a pixel. */
  rgba: Buffer
}

const paletteType = 3

export function decodePng(png: Buffer): Decoded {
  assert.is(png.toString('latin1', 1, 4), 'PNG')
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const isPalette = png[25] === paletteType
  const raw = inflateSync(chunkOf(png, 'IDAT'))
  const rowSize = width * (isPalette ? 1 : 4) + 1
  assert.is(raw.length, rowSize * height)
  const rows = Array.from({ length: height }, (_, row) => raw.subarray(row * rowSize + 1, (row + 1) * rowSize))
  const pixels = Buffer.concat(rows)
  return { width, height, rgba: isPalette ? coloured(pixels, chunkOf(png, 'PLTE'), chunkOf(png, 'tRNS')) : pixels }
}

export function opacityAt({ width, rgba }: Decoded, x: number, y: number): number {
  return rgba[(y * width + x) * 4 + 3] as number
}

/** The fraction of the picture that is not transparent, 0 to 1. */
export function coverage({ width, height, rgba }: Decoded): number {
  let covered = 0
  for (let at = 3; at < rgba.length; at += 4) if ((rgba[at] as number) > 0) covered++
  return covered / (width * height)
}

function chunkOf(png: Buffer, name: string): Buffer {
  const at = png.indexOf(name)
  return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))
}

function coloured(pixels: Buffer, colours: Buffer, opacities: Buffer): Buffer {
  const rgba = Buffer.alloc(pixels.length * 4)
  pixels.forEach((colour, at) => {
    colours.copy(rgba, at * 4, colour * 3, colour * 3 + 3)
    rgba[at * 4 + 3] = opacities[colour] as number
  })
  return rgba
}
