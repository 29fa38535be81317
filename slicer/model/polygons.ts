import earcut from 'earcut'

type Vector = [x: number, y: number, z: number]

/** Faces of more than three corners among triangles: for each its first triangle and its number of triangles. */
export type Polygons = readonly number[]

/**
 * Divides polygons anew whose fan would lie outside of them. Each was pushed to `triangles` as a fan from its first corner, which is
 * right for convex ones. A concave one keeps its number of triangles; corners on a straight edge give triangles without area.
 */
export function divideConcave(triangles: Uint32Array, polygons: Polygons, points: Float32Array): void {
  for (let at = 0; at < polygons.length; at += 2) {
    const fan = triangles.subarray(polygons[at]! * 3, (polygons[at]! + polygons[at + 1]!) * 3)
    const corners = cornersOf(fan)
    const outline = corners.map(corner => pointAt(points, corner))
    const normal = normalOf(outline)
    if (isConvex(outline, normal)) continue
    const divided = divide(outline, normal)
    fan.forEach((_, index) => {
      fan[index] = corners[divided[index] ?? 0]!
    })
  }
}

function cornersOf(fan: Uint32Array): number[] {
  const corners = [fan[0]!, fan[1]!]
  for (let third = 2; third < fan.length; third += 3) corners.push(fan[third]!)
  return corners
}

function pointAt(points: Float32Array, index: number): Vector {
  return [points[index * 3]!, points[index * 3 + 1]!, points[index * 3 + 2]!]
}

/** Perpendicular to the polygon, as long as twice its area (Newell's method); also for corners that are not quite in one plane. */
function normalOf(outline: readonly Vector[]): Vector {
  const normal: Vector = [0, 0, 0]
  outline.forEach(([x, y, z], index) => {
    const [nextX, nextY, nextZ] = outline[(index + 1) % outline.length]!
    normal[0] += (y - nextY) * (z + nextZ)
    normal[1] += (z - nextZ) * (x + nextX)
    normal[2] += (x - nextX) * (y + nextY)
  })
  return normal
}

function isConvex(outline: readonly Vector[], normal: Vector): boolean {
  return outline.every((corner, index) => {
    const next = outline[(index + 1) % outline.length]!
    const nextButOne = outline[(index + 2) % outline.length]!
    return dot(cross(difference(next, corner), difference(nextButOne, next)), normal) >= 0
  })
}

/** Corners of triangles, as indices of the outline. */
function divide(outline: readonly Vector[], normal: Vector): number[] {
  const sizes = normal.map(Math.abs)
  const dropped = sizes.indexOf(Math.max(...sizes))
  const [across, up] = [(dropped + 1) % 3, (dropped + 2) % 3] as const
  const divided = earcut(outline.flatMap(point => [point[across]!, point[up]!]))
  // The library turns every triangle the same way, seen from the dropped axis.
  return normal[dropped]! < 0 ? divided.reverse() : divided
}

function difference(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
