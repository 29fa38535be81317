import type { Context } from '../context.ts'
import { canonicalStl } from '../model/canonical.ts'
import { boundsOf, type Mesh, sizeOf } from '../model/mesh.ts'
import { readProfile } from '../profiles/profile.ts'

const sideMm = 2
const profile = readProfile({
  machine_settings: { printable_area: ['0x0', '100x0', '100x100', '0x100'], printable_height: 100 },
  process_settings: {},
  filament: {},
})

/**
 * Slices a tetrahedron, the only proof that the engine, its files and its sandbox work together. Errors: those of the engine.
 */
export async function tryEngine(ctx: Pick<Context, 'engines' | 'stopping'>): Promise<void> {
  const mesh = tetrahedron()
  const bounds = boundsOf(mesh)
  await ctx.engines[0].slice({ stl: canonicalStl(mesh, bounds), size: sizeOf(bounds) }, profile, {
    signal: ctx.stopping,
    onProgress: () => {},
    onGcode: async () => {},
  })
}

function tetrahedron(): Mesh {
  const [o, x, y, z] = [
    [0, 0, 0],
    [sideMm, 0, 0],
    [0, sideMm, 0],
    [0, 0, sideMm],
  ] as const
  return { positions: Float32Array.from([o, y, x, o, x, z, x, y, z, y, o, z].flat()) }
}
