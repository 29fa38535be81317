/** Finds the separate bodies of a model, and the floating ones among them. */
import type { Mesh } from './mesh.ts'

/** Each body is compared with each other one, so models of more bodies are not checked. */
const maxBodies = 5000
/** A layer closes smaller gaps between a body and the bed or another body. */
const gapMm = 0.1

interface Body {
  min: [number, number, number]
  max: [number, number, number]
  isHeld: boolean
}

export interface Floating {
  count: number
  /** Height above the bed at which the lowest of them begins. */
  aboveBedMm: number
}

/**
 * Counts bodies that touch neither the bed (`bottom`) nor a held body. Bodies whose boxes overlap count as touching: a missed
 * warning is better than a false one.
 */
export function floatingBodies(mesh: Mesh, pointOf: Uint32Array, points: number, bottom: number): Floating {
  const bodies = findBodies(mesh, pointOf, points)
  const none = { count: 0, aboveBedMm: 0 }
  if (!bodies || bodies.length < 2) return none
  bodies.sort((a, b) => a.min[2] - b.min[2])
  const held = bodies.filter(body => body.min[2] <= bottom + gapMm)
  for (const body of held) body.isHeld = true
  // `held` grows during the loop: a body that touches a held one is held, too.
  for (const holder of held) {
    for (const body of bodies) {
      if (body.isHeld || !touch(holder, body)) continue
      body.isHeld = true
      held.push(body)
    }
  }
  const lowest = bodies.find(body => !body.isHeld)
  return lowest ? { count: bodies.length - held.length, aboveBedMm: lowest.min[2] - bottom } : none
}

/** Returns undefined when there are more than `maxBodies`. */
function findBodies({ positions }: Mesh, pointOf: Uint32Array, points: number): Body[] | undefined {
  const parent = Uint32Array.from({ length: points }, (_, point) => point)
  function rootOf(point: number): number {
    let at = point
    while (parent[at] !== at) {
      // Halving the path keeps later walks short.
      parent[at] = parent[parent[at] as number] as number
      at = parent[at] as number
    }
    return at
  }
  for (let corner = 0; corner < pointOf.length; corner += 3) {
    const root = rootOf(pointOf[corner] as number)
    parent[rootOf(pointOf[corner + 1] as number)] = root
    parent[rootOf(pointOf[corner + 2] as number)] = root
  }
  const bodies = new Map<number, Body>()
  for (let corner = 0; corner < pointOf.length; corner++) {
    const root = rootOf(pointOf[corner] as number)
    let body = bodies.get(root)
    if (!body) {
      if (bodies.size === maxBodies) return undefined
      body = { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity], isHeld: false }
      bodies.set(root, body)
    }
    for (let axis = 0 as 0 | 1 | 2; axis < 3; axis++) {
      const value = positions[corner * 3 + axis] as number
      if (value < body.min[axis]) body.min[axis] = value
      if (value > body.max[axis]) body.max[axis] = value
    }
  }
  return [...bodies.values()]
}

function touch(a: Body, b: Body): boolean {
  for (let axis = 0 as 0 | 1 | 2; axis < 3; axis++) {
    if (a.min[axis] > b.max[axis] + gapMm || b.min[axis] > a.max[axis] + gapMm) return false
  }
  return true
}
