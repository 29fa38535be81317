import type { Bed } from '../../profiles/bed.ts'

const headerSize = 84
const triangleSize = 50
const normalSize = 12

/** A copy of our canonical model, moved from over the origin to the middle of the bed. The caller wipes it. */
export function placedOnBed(model: Buffer, { min, max }: Bed): Buffer {
  const stl = Buffer.from(model)
  const x = (min.x + max.x) / 2
  const y = (min.y + max.y) / 2
  for (let start = headerSize + normalSize; start < stl.length; start += triangleSize) {
    for (let at = start; at < start + 36; at += 12) {
      stl.writeFloatLE(stl.readFloatLE(at) + x, at)
      stl.writeFloatLE(stl.readFloatLE(at + 4) + y, at + 4)
    }
  }
  return stl
}
