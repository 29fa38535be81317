/** Unconnected triangles: nine numbers each, the x, y and z of three corners. In millimetres once the unit is applied. */
export interface Mesh {
  positions: Float32Array
}

export const numbersPerTriangle = 9

export function triangleCount(mesh: Mesh): number {
  return mesh.positions.length / numbersPerTriangle
}

export interface Vec3 {
  x: number
  y: number
  z: number
}

/** The box around a mesh. */
export interface Bounds {
  min: Vec3
  max: Vec3
}

export function boundsOf({ positions }: Mesh): Bounds {
  const min = { x: Infinity, y: Infinity, z: Infinity }
  const max = { x: -Infinity, y: -Infinity, z: -Infinity }
  for (let at = 0; at < positions.length; at += 3) {
    const x = positions[at] as number
    const y = positions[at + 1] as number
    const z = positions[at + 2] as number
    if (x < min.x) min.x = x
    if (x > max.x) max.x = x
    if (y < min.y) min.y = y
    if (y > max.y) max.y = y
    if (z < min.z) min.z = z
    if (z > max.z) max.z = z
  }
  return { min, max }
}

export function sizeOf({ min, max }: Bounds): Vec3 {
  return { x: max.x - min.x, y: max.y - min.y, z: max.z - min.z }
}
