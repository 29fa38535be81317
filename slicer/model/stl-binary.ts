/** Reads the binary form of STL. */
import { empty, malformed, maxCoordinate, maxTriangles, tooManyTriangles } from './limits.ts'
import type { ParsedModel } from './parsed-model.ts'
import { headerSize, normalSize, triangleCountAt, triangleSize } from './stl-layout.ts'

/** Offset of a triangle's last two bytes; some programs store a colour there. */
const attributeAt = 48

/** True when the file's size matches its number of triangles exactly. */
export function isExactBinaryStl(file: Buffer): boolean {
  return file.length >= headerSize && file.length === headerSize + triangleSize * file.readUInt32LE(triangleCountAt)
}

/** Errors: stl_empty, stl_malformed, stl_too_many_triangles. */
export function parseBinaryStl(file: Buffer): ParsedModel {
  if (file.length < headerSize) throw malformed('The file is not a model that can be read, or it was cut off.')
  const { count, repairs } = countTriangles(file)
  if (count === 0) throw empty()
  if (count > maxTriangles) throw tooManyTriangles()
  const positions = new Float32Array(count * 9)
  let filled = 0
  let attributes = 0
  for (let triangle = 0; triangle < count; triangle++) {
    const start = headerSize + triangle * triangleSize
    for (let at = start + normalSize; at < start + attributeAt; at += 4) positions[filled++] = file.readFloatLE(at)
    attributes |= file.readUInt16LE(start + attributeAt)
  }
  // VisCAM and Magics write colours into the attributes, Magics the model's own into the header, too.
  if (attributes !== 0 || file.toString('latin1', 0, triangleCountAt).includes('COLOR='))
    repairs.push('Colours are ignored.')
  return { format: 'stl-binary', positions, unit: null, repairs }
}

/** The count in the header is often wrong, so the bytes decide. */
function countTriangles(file: Buffer): { count: number; repairs: string[] } {
  const claimed = file.readUInt32LE(triangleCountAt)
  const room = file.length - headerSize
  const whole = Math.floor(room / triangleSize)
  const isWhole = room === whole * triangleSize
  if (isWhole && whole === claimed) return { count: claimed, repairs: [] }
  if (claimed > 0 && claimed <= whole && !(isWhole && isTriangle(file, claimed))) {
    const rest = room - claimed * triangleSize
    return { count: claimed, repairs: [`${rest} bytes after the last triangle were ignored.`] }
  }
  if (isWhole && whole > 0) {
    return {
      count: whole,
      repairs: [`The file says that it has ${claimed} triangles. It holds ${whole}; these were read.`],
    }
  }
  throw malformed(
    `The file says that it has ${claimed} triangles and has room for ${whole}: it was cut off, or it is not an STL.`,
  )
}

/** True when the bytes at that triangle's offset are plausible coordinates; padding and text are not. */
function isTriangle(file: Buffer, index: number): boolean {
  const start = headerSize + index * triangleSize + normalSize
  let largest = 0
  for (let at = start; at < start + 36; at += 4) {
    const value = Math.abs(file.readFloatLE(at))
    if (!(value <= maxCoordinate)) return false
    largest = Math.max(largest, value)
  }
  return largest > 1e-6
}
