/** Finds corners of a mesh that are the same point, and edges that lack a neighbour. */
import type { Mesh } from './mesh.ts'

/** Numbers the points of a mesh: corners with exactly the same coordinates share a point. */
export function weld({ positions }: Mesh): { pointOf: Uint32Array; points: number } {
  const corners = positions.length / 3
  const bits = new Int32Array(positions.buffer, positions.byteOffset, positions.length)
  const pointOf = new Uint32Array(corners)
  const cornerOf = new Uint32Array(corners)
  // An open-addressed hash table, at most two thirds full, of point numbers plus one.
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(corners * 1.5 + 16)))
  const mask = slots.length - 1
  let points = 0
  for (let corner = 0; corner < corners; corner++) {
    const at = corner * 3
    const x = sameZero(bits[at] as number)
    const y = sameZero(bits[at + 1] as number)
    const z = sameZero(bits[at + 2] as number)
    let slot = hash(x, y, z) & mask
    for (;;) {
      const taken = slots[slot] as number
      if (taken === 0) {
        cornerOf[points] = corner
        pointOf[corner] = points
        points++
        slots[slot] = points
        break
      }
      const other = (cornerOf[taken - 1] as number) * 3
      if (
        sameZero(bits[other] as number) === x &&
        sameZero(bits[other + 1] as number) === y &&
        sameZero(bits[other + 2] as number) === z
      ) {
        pointOf[corner] = taken - 1
        break
      }
      slot = (slot + 1) & mask
    }
  }
  return { pointOf, points }
}

export interface EdgeFaults {
  /** Edges that belong to one triangle only, which means a hole. */
  open: number
  /** Edges shared by more than two triangles, or by two that face opposite ways. */
  tangled: number
}

/** Counts faulty edges. In a closed mesh each edge occurs twice, once in each direction. */
export function edgeFaults(pointOf: Uint32Array, points: number): EdgeFaults {
  const edges = sortedEdges(pointOf, points)
  let open = 0
  let tangled = 0
  for (let at = 0; at < edges.length; ) {
    const edge = Math.floor((edges[at] as number) / 2)
    let forward = 0
    let backward = 0
    while (at < edges.length && Math.floor((edges[at] as number) / 2) === edge) {
      if ((edges[at] as number) % 2 === 0) forward++
      else backward++
      at++
    }
    if (forward + backward === 1) open++
    else if (forward !== 1 || backward !== 1) tangled++
  }
  return { open, tangled }
}

/** One number per edge: its two points, and its direction in the lowest bit. Below 2^47, as there are fewer than 2^23 points. */
function sortedEdges(pointOf: Uint32Array, points: number): Float64Array {
  const edges = new Float64Array(pointOf.length)
  let count = 0
  for (let at = 0; at < pointOf.length; at += 3) {
    const a = pointOf[at] as number
    const b = pointOf[at + 1] as number
    const c = pointOf[at + 2] as number
    if (a === b || b === c || c === a) continue
    edges[count++] = directedEdge(a, b, points)
    edges[count++] = directedEdge(b, c, points)
    edges[count++] = directedEdge(c, a, points)
  }
  return edges.subarray(0, count).sort()
}

function directedEdge(from: number, to: number, points: number): number {
  return from < to ? (from * points + to) * 2 : (to * points + from) * 2 + 1
}

/** -0 and 0 are the same coordinate. */
function sameZero(bits: number): number {
  return bits === -0x80000000 ? 0 : bits
}

function hash(x: number, y: number, z: number): number {
  let mixed = Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(z, 83492791)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return mixed ^ (mixed >>> 15)
}
