/** Reads a model file of any supported format. The format is detected from the bytes, never from the name. */
import { AppError } from '../../schema/http/errors.ts'
import { modelMaxBytes } from '../../schema/http/model-limits.ts'
import { parse3mf } from './3mf/parse.ts'
import { empty, malformed, maxCoordinate, tooLarge, unsupported } from './limits.ts'
import { parseObj } from './obj.ts'
import type { ParsedModel } from './parsed-model.ts'
import { parseAsciiStl } from './stl-ascii.ts'
import { isExactBinaryStl, parseBinaryStl } from './stl-binary.ts'

/** At most one triangle in this many may have a corner that is not a number, and is left out; more of them refuse the file. */
const trianglesWithOneBroken = 100

const sampleSize = 4096
const [tab, carriageReturn, space] = [0x09, 0x0d, 0x20]
const byteOrderMark = '\xef\xbb\xbf'

/**
 * Beginnings of other formats that people upload by mistake, in lower case. `\p{Cc}` is one control character: gzip begins with 1f 8b,
 * OLE with d0 cf 11 e0.
 */
const foreign: [RegExp, string][] = [
  [/^iso-10303-21/, 'STEP'],
  [/^ply\s/, 'PLY'],
  [/^(<\?xml|<amf|<!doctype|<html)/, 'XML or HTML'],
  [/^(gltf|\{)/, 'glTF or JSON'],
  [/^kaydara fbx/, 'FBX'],
  [/^blender/, 'Blender'],
  [/^(;|g[0-9]+[ \n\r]|m[0-9]+[ \n\r])/, 'G-code'],
  [/^(%pdf|rar!|7z\xbc|\p{Cc}\x8b|bzh|\x89png|\xff\xd8\xff)/iu, 'PDF, archive or picture'],
  [/^0\s+section\s/, 'DXF'],
  // An OLE container, as SolidWorks saves.
  [/^\xd0\xcf\p{Cc}\xe0/iu, 'SolidWorks or other CAD'],
]

/** Some programs and broken copies fill the file up with zero bytes; old ones end a text with Ctrl-Z. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Ctrl-Z and zero are control characters.
const padding = /[\0\x1a]+$/
/** Text of an STL whose first line is missing, too. */
const stlText = /^(solid|facet\s+normal\s)/
const objLine = /^(v|vn|vt|vp|f|o|g|s|l|mtllib|usemtl)(\s|$)/
const objComment = /^#/

/**
 * Parses an STL, 3MF or OBJ file; `repairs` says what was wrong and how it was read. limits.ts bounds the memory.
 * Errors: stl_empty, stl_malformed, stl_not_finite, stl_too_large, stl_too_many_triangles, model_format_unsupported.
 */
export async function parseModel(file: Buffer): Promise<ParsedModel> {
  if (file.toString('latin1', 0, 4) === 'PK\x03\x04') {
    requireSize(file)
    return withoutBrokenTriangles(await parse3mf(file))
  }
  return parsePlain(file)
}

/** Parses an STL or OBJ file, which need no unpacking. Errors: those of parseModel. */
export function parsePlain(file: Buffer): ParsedModel {
  requireSize(file)
  return withoutBrokenTriangles(parserOf(file)(fromUtf16(file)))
}

function requireSize(file: Buffer): void {
  if (file.length > modelMaxBytes) throw tooLarge()
  if (file.length === 0) throw empty()
}

function parserOf(file: Buffer): (file: Buffer) => ParsedModel {
  if (isExactBinaryStl(file)) return parseBinaryStl
  const sample = fromUtf16(file.subarray(0, sampleSize))
    .toString('latin1')
    .replace(byteOrderMark, '')
    .trimStart()
    .toLowerCase()
  const format = foreign.find(([beginning]) => beginning.test(sample))
  if (format) throw unsupported(`This is a ${format[1]} file. Export the model as STL, 3MF or OBJ.`)
  if (!isText(sample.replace(padding, ''))) return parseBinaryStl
  if (stlText.test(sample)) return parseAsciiStl
  const first = sample.split(/[\r\n]+/).find(line => line.trim() !== '' && !objComment.test(line.trim()))
  if (objComment.test(sample) || objLine.test(first?.trim() ?? '')) return parseObj
  throw malformed('The file is not an STL, 3MF or OBJ model, or its beginning is missing.')
}

/** False when there are control characters. Bytes from 128 up may be letters of a name in any encoding. */
function isText(sample: string): boolean {
  for (let at = 0; at < sample.length; at++) {
    const code = sample.charCodeAt(at)
    if (code < tab || (code > carriageReturn && code < space)) return false
  }
  return true
}

/** Converts UTF-16 text, which begins with a byte order mark, to one byte per character, and removes UTF-8's mark. */
function fromUtf16(file: Buffer): Buffer {
  if (file[0] === 0xff && file[1] === 0xfe) return Buffer.from(file.toString('utf16le', 2), 'latin1')
  if (file[0] === 0xfe && file[1] === 0xff) {
    const swapped = Buffer.from(file.subarray(0, file.length & ~1)).swap16()
    return Buffer.from(swapped.toString('utf16le', 2), 'latin1')
  }
  return file.toString('latin1', 0, 3) === byteOrderMark ? file.subarray(3) : file
}

/** Removes triangles with a corner that is not a number, when they are few, and adds a repair. */
function withoutBrokenTriangles(model: ParsedModel): ParsedModel {
  const { positions } = model
  let used = 0
  let first = 0
  for (let at = 0; at < positions.length; at += 9) {
    if (hasFiniteCorners(positions, at)) {
      if (used !== at) positions.copyWithin(used, at, at + 9)
      used += 9
    } else if (first === 0) first = at / 9 + 1
  }
  const broken = (positions.length - used) / 9
  if (broken === 0) return model
  if (broken * trianglesWithOneBroken > positions.length / 9) {
    const count = broken === 1 ? '' : ` (and ${broken - 1} more)`
    throw new AppError('stl_not_finite', `Triangle ${first}${count} has a corner that is not a number.`)
  }
  const repair =
    broken === 1
      ? 'One triangle has a corner that is not a number; it was left out.'
      : `${broken} triangles have corners that are not numbers; they were left out.`
  return { ...model, positions: positions.subarray(0, used), repairs: [...model.repairs, repair] }
}

function hasFiniteCorners(positions: Float32Array, at: number): boolean {
  let isWhole = true
  for (let axis = at; axis < at + 9; axis++) {
    const distance = Math.abs(positions[axis] as number)
    if (distance <= maxCoordinate) continue
    if (Number.isFinite(distance)) throw malformed(`Triangle ${at / 9 + 1} is too far away from the origin.`)
    isWhole = false
  }
  return isWhole
}
