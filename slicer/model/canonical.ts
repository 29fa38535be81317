/** The model as engines get it: a binary STL written from the parsed triangles; no byte of the upload is copied into it. */
import type { Bounds, Mesh } from './mesh.ts'
import { headerSize, normalSize, triangleCountAt, triangleSize } from './stl-layout.ts'

/**
 * Writes the mesh with its box centred over the origin and standing on z = 0. Degenerate triangles (two equal corners) are
 * left out. Normals stay zero: engines compute them from the corners. The caller wipes the STL after use.
 */
export function canonicalStl(mesh: Mesh, { min, max }: Bounds): Buffer {
  const { positions } = mesh
  const stl = Buffer.alloc(headerSize + triangleSize * (positions.length / 9))
  const middleX = (min.x + max.x) / 2
  const middleY = (min.y + max.y) / 2
  let count = 0
  for (let at = 0; at < positions.length; at += 9) {
    if (!hasSurface(positions, at)) continue
    let to = headerSize + triangleSize * count + normalSize
    for (let corner = at; corner < at + 9; corner += 3) {
      stl.writeFloatLE((positions[corner] as number) - middleX, to)
      stl.writeFloatLE((positions[corner + 1] as number) - middleY, to + 4)
      stl.writeFloatLE((positions[corner + 2] as number) - min.z, to + 8)
      to += 12
    }
    count++
  }
  stl.writeUInt32LE(count, triangleCountAt)
  return stl.subarray(0, headerSize + triangleSize * count)
}

function hasSurface(p: Float32Array, at: number): boolean {
  return !isSameCorner(p, at, at + 3) && !isSameCorner(p, at + 3, at + 6) && !isSameCorner(p, at + 6, at)
}

function isSameCorner(p: Float32Array, a: number, b: number): boolean {
  return p[a] === p[b] && p[a + 1] === p[b + 1] && p[a + 2] === p[b + 2]
}
