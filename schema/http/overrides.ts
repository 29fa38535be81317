import { z } from 'zod'

/** Which way up a model is printed: as in its file, or turned about the x or y axis by that many degrees, right-handed. */
export const orientations = ['as_published', 'x90', 'x180', 'x270', 'y90', 'y270'] as const
export type Orientation = (typeof orientations)[number]

/** In percent. A designer may allow scaling within `min` and `max`; `usual` applies when the designer sets no limits. */
export const scaleLimits = { min: 1, max: 1000, usual: { min: 50, max: 200 } } as const

const brimMaxMm = 50

/**
 * A buyer's options for one preparation, in place of the profile's. Strict: an unknown name is refused, never dropped. Without a
 * field, the profile or the published model decides.
 */
export const overrides = z.strictObject({
  /** A print uses one right and makes one copy: the marketplace refuses more with one_copy_per_print. */
  copies: z.int().min(1).max(1000).optional(),
  /** Percent of the published size, along all axes. Only within the designer's terms. */
  scale_percent: z.number().min(scaleLimits.min).max(scaleLimits.max).optional(),
  orientation: z.enum(orientations).optional(),
  supports: z.enum(['none', 'normal', 'tree']).optional(),
  /** Width in mm; "auto" lets the engine decide, if it can. */
  brim: z.union([z.enum(['none', 'auto']), z.number().min(0).max(brimMaxMm)]).optional(),
  infill_percent: z.number().min(0).max(100).optional(),
})
export type Overrides = z.infer<typeof overrides>

/** The normal form: fields without an effect are left out, so that equal slices have equal overrides. */
export function normalOverrides({ copies: _, scale_percent, orientation, brim, ...rest }: Overrides): Overrides {
  return {
    ...rest,
    ...(scale_percent === undefined || scale_percent === 100 ? {} : { scale_percent }),
    ...(orientation === undefined || orientation === 'as_published' ? {} : { orientation }),
    ...(brim === undefined ? {} : { brim: brim === 0 ? ('none' as const) : brim }),
  }
}

interface Size {
  x: number
  y: number
  z: number
}

/** How large a model is printed that has this size as it was published. In the unit of `size`. */
export function printedSize(size: Size, { scale_percent = 100, orientation = 'as_published' }: Overrides): Size {
  const factor = scale_percent / 100
  const { x, y, z } = { x: size.x * factor, y: size.y * factor, z: size.z * factor }
  if (orientation === 'x90' || orientation === 'x270') return { x, y: z, z: y }
  if (orientation === 'y90' || orientation === 'y270') return { x: z, y, z: x }
  return { x, y, z }
}
