import { eachCorner } from '../../model/stl-layout.ts'
import type { Bed } from '../../profiles/bed.ts'

/** A copy of our canonical model, moved from over the origin to the middle of the bed. The caller wipes it. */
export function placedOnBed(model: Buffer, { min, max }: Bed): Buffer {
  const stl = Buffer.from(model)
  const x = (min.x + max.x) / 2
  const y = (min.y + max.y) / 2
  eachCorner(stl, at => {
    stl.writeFloatLE(stl.readFloatLE(at) + x, at)
    stl.writeFloatLE(stl.readFloatLE(at + 4) + y, at + 4)
  })
  return stl
}
