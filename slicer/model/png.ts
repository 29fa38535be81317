/** Writes pictures as PNG (RFC 2083): either 8 bits each of red, green, blue and opacity, or one palette index per pixel. */
import { crc32, deflateSync } from 'node:zlib'

export interface Picture {
  width: number
  height: number
  /** Four bytes a pixel, row by row from the top. */
  rgba: Uint8Array
}

export interface PalettePicture {
  width: number
  height: number
  /** A byte a pixel, row by row from the top: the index of its colour in the palette. */
  colours: Uint8Array
  /** At most 256: red, green, blue, opacity, each 0 to 255. */
  palette: readonly (readonly [number, number, number, number])[]
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const colourTypePalette = 3
const colourTypeRgba = 6

export function encodePng({ width, height, rgba }: Picture): Buffer {
  return Buffer.concat([
    signature,
    chunk('IHDR', header(width, height, colourTypeRgba)),
    chunk('IDAT', deflateSync(rows(rgba, width * 4), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

export function encodePalettePng({ width, height, colours, palette }: PalettePicture): Buffer {
  return Buffer.concat([
    signature,
    chunk('IHDR', header(width, height, colourTypePalette)),
    chunk('PLTE', Buffer.from(palette.flatMap(colour => colour.slice(0, 3)))),
    chunk('tRNS', Buffer.from(palette.map(([, , , opacity]) => opacity))),
    chunk('IDAT', deflateSync(rows(colours, width), { level: 3 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function header(width: number, height: number, colourType: number): Buffer {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  data.writeUInt8(8, 8)
  data.writeUInt8(colourType, 9)
  return data
}

/** Puts PNG's filter byte before each row: 0, unfiltered. */
function rows(pixels: Uint8Array, rowSize: number): Buffer {
  const height = pixels.length / rowSize
  const data = Buffer.alloc(height * (rowSize + 1))
  for (let row = 0; row < height; row++) {
    data.set(pixels.subarray(row * rowSize, (row + 1) * rowSize), row * (rowSize + 1) + 1)
  }
  return data
}

/** Length, type, data, and a CRC over type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
