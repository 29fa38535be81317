/**
 * Wavefront's OBJ: points ("v x y z") and faces that name points by number ("f 1 2 3", "f 1/4/2 -1/5 3//1"). Colours, normals,
 * textures, lines, groups and materials are skipped.
 */
import { empty, maxTriangles, maxVertices, tooManyTriangles } from './limits.ts'
import { floats, integers, type Numbers } from './numbers.ts'
import type { ParsedModel } from './parsed-model.ts'
import { divideConcave } from './polygons.ts'
import { type TextReader, textReader } from './text-reader.ts'

const maxCorners = 1000
const surfaces = new Set(['curv', 'curv2', 'surf', 'cstype'])

/** Polygons are divided into triangles. Errors: stl_empty, stl_malformed, stl_too_many_triangles. */
export function parseObj(file: Buffer): ParsedModel {
  const text = textReader(file, 'OBJ')
  const points = floats(maxVertices * 3)
  const triangles = integers(maxTriangles * 3)
  const polygons: number[] = []
  const seen = { colours: false, curves: false }
  do {
    const word = text.wordOnLine()
    if (word === 'v') readPoint(text, points, seen)
    else if (word === 'f' || word === 'fo') readFace(text, points.count / 3, triangles, polygons)
    else if (surfaces.has(word)) seen.curves = true
  } while (text.nextLine())
  if (triangles.count === 0) throw empty()
  const repairs: string[] = []
  if (seen.colours) repairs.push('Colours are ignored.')
  if (seen.curves) repairs.push('Curved surfaces are ignored: only faces are read.')
  if (text.commas() > 0) repairs.push('The numbers have decimal commas, which were read as decimal points.')
  requirePoints(text, points.count / 3, triangles.values())
  divideConcave(triangles.values(), polygons, points.values())
  return { format: 'obj', positions: gather(points.values(), triangles.values()), unit: null, repairs }
}

function readPoint(text: TextReader, points: Numbers<Float32Array>, seen: { colours: boolean }): void {
  if (points.count === maxVertices * 3) throw tooManyTriangles()
  points.push3(text.number(), text.number(), text.number())
  // "x y z w", or "x y z red green blue".
  const hasMore = () => /^[^#]/.test(text.wordOnLine())
  if (hasMore() && hasMore()) seen.colours = true
}

/** Adds a face as a fan of triangles, each corner a point's number from 0. One of more than three corners is added to `polygons`. */
function readFace(text: TextReader, points: number, triangles: Numbers<Uint32Array>, polygons: number[]): void {
  const start = triangles.count / 3
  let first = 0
  let last = 0
  for (let corner = 0; ; corner++) {
    let word = text.wordOnLine()
    // A backslash at the end of a line joins the next one to it.
    while (word === '\\' && text.nextLine()) word = text.wordOnLine()
    if (word === '' || word.startsWith('#')) {
      if (corner < 3) throw text.errorAtLine(`has a face of ${corner} corners`)
      if (corner > 3) polygons.push(start, corner - 2)
      return
    }
    if (corner === maxCorners) throw text.errorAtLine(`has a face of more than ${maxCorners} corners`)
    const isJoined = word.endsWith('\\')
    const point = indexOf(text, isJoined ? word.slice(0, -1) : word, points)
    if (isJoined) text.nextLine()
    if (corner === 0) first = point
    if (corner >= 2) {
      if (triangles.count === maxTriangles * 3) throw tooManyTriangles()
      triangles.push3(first, last, point)
    }
    last = point
  }
}

/** "7/1/3" is the seventh point, "-1" the one before this line. */
function indexOf(text: TextReader, word: string, points: number): number {
  const slash = word.indexOf('/')
  const number = slash < 0 ? word : word.slice(0, slash)
  if (!/^[-+]?\d{1,9}$/.test(number)) throw text.errorAtLine(`has "${word}" where the number of a point should be`)
  const index = Number(number)
  const point = index > 0 ? index - 1 : points + index
  if (index === 0 || point < 0 || point >= maxVertices)
    throw text.errorAtLine(`names point ${index}, which is not there`)
  return point
}

/** Points may come after the faces that name them. */
function requirePoints(text: TextReader, points: number, triangles: Uint32Array): void {
  const missing = triangles.find(point => point >= points)
  if (missing === undefined) return
  throw text.errorAtLine(`is the last one, and a face names point ${missing + 1}, which is not there`)
}

function gather(points: Float32Array, triangles: Uint32Array): Float32Array {
  const positions = new Float32Array(triangles.length * 3)
  triangles.forEach((point, corner) => {
    positions.set(points.subarray(point * 3, point * 3 + 3), corner * 3)
  })
  return positions
}
