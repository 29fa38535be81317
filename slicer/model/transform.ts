/** Scales and turns a mesh in place. The resulting position does not matter: canonical.ts puts the model on the bed. */
import type { Orientation } from '../../schema/http/overrides.ts'
import type { Mesh } from './mesh.ts'

/** For the new x, y and z of a corner: the index of its old coordinate (0 to 2) and its sign. Always a rotation, no mirroring. */
type Turn = readonly [from: readonly [number, number, number], sign: readonly [number, number, number]]

const turns: Record<Exclude<Orientation, 'as_published'>, Turn> = {
  x90: [
    [0, 2, 1],
    [1, -1, 1],
  ],
  x180: [
    [0, 1, 2],
    [1, -1, -1],
  ],
  x270: [
    [0, 2, 1],
    [1, 1, -1],
  ],
  y90: [
    [2, 1, 0],
    [1, 1, -1],
  ],
  y270: [
    [2, 1, 0],
    [-1, 1, 1],
  ],
}

export function scale({ positions }: Mesh, factor: number): void {
  if (factor === 1) return
  for (let at = 0; at < positions.length; at++) positions[at] = (positions[at] as number) * factor
}

/** Turns by quarter turns, which are exact in floats. */
export function turn({ positions }: Mesh, orientation: Orientation): void {
  if (orientation === 'as_published') return
  const [from, sign] = turns[orientation]
  for (let at = 0; at < positions.length; at += 3) {
    const corner = [positions[at] as number, positions[at + 1] as number, positions[at + 2] as number] as const
    for (const axis of [0, 1, 2] as const) positions[at + axis] = (corner[from[axis]] as number) * sign[axis]
  }
}
