/**
 * Reads an STL file that a stranger uploaded: sizes are bounded before anything is allocated, and every number is looked
 * at. Normals are not read (they are worked out anew from the corners), so a wrong one does no harm.
 */
import { AppError } from '../../schema/http/errors.ts'
import { modelMaxBytes } from '../../schema/http/models.ts'
import type { Mesh } from './mesh.ts'
import { parseAsciiStl } from './stl-ascii.ts'

export const maxTriangles = 1_500_000
/** Beyond 100 m a float no longer tells neighbouring corners apart. */
const maxCoordinate = 100_000

const headerSize = 84
const triangleSize = 50
const triangleCountAt = 80
/** Each triangle begins with its normal. */
const normalSize = 12

/**
 * Parses a binary or an ASCII STL. Which one it is, is told by its size: many binary files begin with "solid", too.
 * Errors: stl_empty, stl_malformed, stl_not_finite, stl_too_large, stl_too_many_triangles, model_format_unsupported.
 */
export function parseStl(file: Buffer): Mesh {
  if (file.length > modelMaxBytes) {
    throw new AppError('stl_too_large', `The model is larger than ${modelMaxBytes / 2 ** 20} MiB.`)
  }
  if (file.length === 0) throw empty()
  const mesh = isBinary(file) ? parseBinary(file) : parseText(file)
  checkCoordinates(mesh.positions)
  return mesh
}

function isBinary(file: Buffer): boolean {
  return file.length >= headerSize && file.length === headerSize + triangleSize * file.readUInt32LE(triangleCountAt)
}

function parseBinary(file: Buffer): Mesh {
  const count = file.readUInt32LE(triangleCountAt)
  if (count === 0) throw empty()
  if (count > maxTriangles) throw tooManyTriangles()
  const positions = new Float32Array(count * 9)
  let filled = 0
  for (let start = headerSize + normalSize; start < file.length; start += triangleSize) {
    for (let at = start; at < start + 36; at += 4) positions[filled++] = file.readFloatLE(at)
  }
  return { positions }
}

function parseText(file: Buffer): Mesh {
  if (startsWith(file, 'PK\x03\x04')) {
    throw new AppError('model_format_unsupported', '3MF files are not supported yet: export the model as STL.')
  }
  const beginning = file.toString('latin1', 0, 512).trimStart().toLowerCase()
  if (!beginning.startsWith('solid')) {
    throw new AppError('stl_malformed', 'The file is not an STL: its length does not fit its number of triangles.')
  }
  const positions = parseAsciiStl(file, { maxTriangles, tooMany: tooManyTriangles })
  if (positions.length === 0) throw empty()
  return { positions }
}

function checkCoordinates(positions: Float32Array): void {
  for (let at = 0; at < positions.length; at++) {
    const value = positions[at] as number
    if (Math.abs(value) <= maxCoordinate) continue
    const triangle = Math.floor(at / 9) + 1
    if (Number.isFinite(value)) {
      throw new AppError('stl_malformed', `Triangle ${triangle} is more than 100 m away from the origin.`)
    }
    throw new AppError('stl_not_finite', `Triangle ${triangle} has a corner that is not a number.`)
  }
}

function startsWith(file: Buffer, text: string): boolean {
  return file.toString('latin1', 0, text.length) === text
}

function empty(): AppError {
  return new AppError('stl_empty', 'The model has no triangles.')
}

function tooManyTriangles(): AppError {
  return new AppError('stl_too_many_triangles', `The model has more than ${maxTriangles} triangles.`)
}
