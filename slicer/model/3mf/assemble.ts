/** Places the objects of a 3MF file as its build says, and returns them as one mesh. */
import { AppError } from '../../../schema/http/errors.ts'
import { malformed, maxTriangles, tooManyTriangles } from '../limits.ts'
import { identity, isMirrored, type Matrix, multiply } from './matrix.ts'
import type { ModelPart, ObjectResource, Reference } from './model-part.ts'
import { partName } from './package.ts'

/** Limit of nested components; programs write one or two levels. */
const maxDepth = 32

/** By the part's name. */
export type Parts = Map<string, ModelPart>

interface Assembly {
  positions: Float32Array
  /** Number of items left out: switched off, or not part of the model itself (supports, surfaces). */
  leftOut: number
}

/** Errors: stl_empty, stl_malformed, stl_too_many_triangles. */
export function assemble(parts: Parts, root: string): Assembly {
  const counts = new Map<ObjectResource, number>()
  const items = (parts.get(root) as ModelPart).items
  const unprinted = new Set<Reference>()
  const built = items.filter(item => item.isPrinted && isModel(item, root))
  let total = 0
  for (const item of built) total += count(item, root, 0)
  if (total > maxTriangles) throw tooManyTriangles()
  if (total === 0)
    throw new AppError('stl_empty', 'The 3MF file has nothing to print: no object with triangles is in its build.')
  const positions = new Float32Array(total * 9)
  let filled = 0
  for (const item of built) place(item, root, identity)
  return { positions, leftOut: items.length - built.length + unprinted.size }

  function isModel(reference: Reference, from: string): boolean {
    return find(reference, from).object.type === 'model'
  }

  /** Components that are printed: programs write modifiers and support blockers as components of another type. */
  function componentsOf({ components }: ObjectResource, part: string): Reference[] {
    return components.filter(component => {
      const isPrinted = isModel(component, part)
      if (!isPrinted) unprinted.add(component)
      return isPrinted
    })
  }

  function find({ path, id }: Reference, from: string): { object: ObjectResource; part: string } {
    const part = path === null ? from : partName(path)
    const object = parts.get(part)?.objects.get(id)
    if (!object) throw malformed(`The 3MF file names object ${id.slice(0, 40)}, which is not there.`)
    return { object, part }
  }

  /** Counts before anything is copied: a few nested components can stand for billions of triangles. */
  function count(reference: Reference, from: string, depth: number): number {
    if (depth > maxDepth) throw malformed('The 3MF file nests its components too deeply, or one in itself.')
    const { object, part } = find(reference, from)
    const known = counts.get(object)
    if (known !== undefined) return known
    let sum = object.triangles.count / 3
    for (const component of componentsOf(object, part)) sum += count(component, part, depth + 1)
    counts.set(object, sum)
    return sum
  }

  function place(reference: Reference, from: string, outer: Matrix): void {
    const { object, part } = find(reference, from)
    if (counts.get(object) === 0) return
    const matrix = reference.transform ? multiply(reference.transform, outer) : outer
    copy(object, matrix)
    for (const component of componentsOf(object, part)) place(component, part, matrix)
  }

  function copy({ vertices, triangles }: ObjectResource, matrix: Matrix): void {
    const points = vertices.values()
    const corners = triangles.values()
    const [second, third] = isMirrored(matrix) ? [2, 1] : [1, 2]
    for (let at = 0; at < corners.length; at += 3) {
      for (const corner of [at, at + second, at + third]) {
        transform(points, 3 * (corners[corner] as number), matrix, positions, filled)
        filled += 3
      }
    }
  }
}

function transform(points: Float32Array, at: number, m: Matrix, to: Float32Array, filled: number): void {
  const [x, y, z] = [points[at] as number, points[at + 1] as number, points[at + 2] as number]
  for (let axis = 0; axis < 3; axis++) {
    to[filled + axis] =
      x * (m[axis] as number) + y * (m[3 + axis] as number) + z * (m[6 + axis] as number) + (m[9 + axis] as number)
  }
}
