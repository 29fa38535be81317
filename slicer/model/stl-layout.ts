/** The layout of a binary STL: a header of 80 bytes, the number of triangles, then 50 bytes for each. */
export const triangleCountAt = 80
export const headerSize = 84
export const triangleSize = 50
/** Each triangle is its normal, three corners of three floats, and two more bytes. */
export const normalSize = 12
const cornerSize = 12
const cornersSize = 3 * cornerSize

/** Calls `visit` with the offset of each corner of a canonical STL; x, y and z follow there as floats. */
export function eachCorner(stl: Buffer, visit: (at: number) => void): void {
  for (let start = headerSize + normalSize; start + cornersSize <= stl.length; start += triangleSize) {
    for (let at = start; at < start + cornersSize; at += cornerSize) visit(at)
  }
}
