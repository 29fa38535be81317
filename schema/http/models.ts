import { z } from 'zod'
import { idSchema } from './ids.ts'
import { settableUnits } from './model-limits.ts'
import { scaleLimits } from './overrides.ts'
import { pageFields, pageQuery } from './page.ts'

const price = z.string().regex(/^\d{1,9}(\.\d{1,8})?$/, 'must be a decimal number such as "10" or "0.25"')

export const licenseTerms = z
  .object({
    license_type: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be lower case letters, digits and dashes'),
    price_hbar: price.nullable().default(null),
    price_print: price.nullable().default(null),
    prints_allowed: z.int().min(1).max(1_000_000),
  })
  .refine(terms => terms.price_hbar !== null || terms.price_print !== null, 'needs a price_hbar or a price_print')
export type LicenseTerms = z.infer<typeof licenseTerms>

/** The unit of a model file's numbers, when the designer sets it. */
export const modelUnits = z.enum(settableUnits)
export type ModelUnits = z.infer<typeof modelUnits>

/** The sides that a model is drawn from. */
export const modelView = z.enum(['isometric', 'front', 'side', 'top'])
export type ModelView = z.infer<typeof modelView>

const dimensions = z.object({ x: z.number(), y: z.number(), z: z.number() })

/** Another unit, and the model's size in it. */
export const unitSuggestion = z.object({ units: modelUnits, dimensions_mm: dimensions })

const scalePercent = z.number().min(scaleLimits.min).max(scaleLimits.max)

/** The `metadata` field of the multipart form; its `licenses` are the licence terms; the `model` field is the file. */
export const modelMetadata = z
  .object({
    title: z.string().trim().min(1).max(120),
    description: z.string().max(5000).default(''),
    nft_id: z
      .string()
      .regex(/^\d+\.\d+\.\d+(\/\d+)?$/, 'must be a token id such as 0.0.1234/5')
      .nullable()
      .default(null),
    /** The unit of the file's numbers; null: as a 3MF file says, else millimetres. */
    units: modelUnits.nullable().default(null),
    /** True when buyers may scale the model, within these limits; 100 is always allowed. */
    allow_scaling: z.boolean().default(false),
    scale_min_percent: scalePercent.max(100).optional(),
    scale_max_percent: scalePercent.min(100).optional(),
    licenses: z
      .array(licenseTerms)
      .min(1)
      .max(10)
      .refine(all => new Set(all.map(one => one.license_type)).size === all.length, 'names a license_type twice'),
  })
  .refine(
    terms => terms.allow_scaling || (terms.scale_min_percent ?? terms.scale_max_percent) === undefined,
    'sets a limit of scaling without allow_scaling',
  )
export type ModelMetadata = z.infer<typeof modelMetadata>

export const modelResponse = z.object({
  model_id: idSchema('model'),
  title: z.string(),
  description: z.string(),
  designer_id: idSchema('user'),
  nft_id: z.string().nullable(),
  licenses: z.array(
    z.object({
      license_type: z.string(),
      price_hbar: z.string().nullable(),
      price_print: z.string().nullable(),
      prints_allowed: z.int(),
    }),
  ),
  dimensions_mm: dimensions,
  triangles: z.int(),
  warnings: z.array(z.string()),
  /** The unit that the designer set; null: the file's own unit, otherwise millimetres. */
  units: modelUnits.nullable(),
  /** The designer's terms for `scale_percent` in POST /api/prepare; both limits are null where scaling is not allowed. */
  allow_scaling: z.boolean(),
  scale_min_percent: z.number().nullable(),
  scale_max_percent: z.number().nullable(),
  /** The isometric one. */
  thumbnail_url: z.string(),
  thumbnails: z.array(z.object({ view: modelView, url: z.string() })),
  created_at: z.iso.datetime(),
})
export type ModelResponse = z.infer<typeof modelResponse>

export const modelListQuery = pageQuery({ usual: 100, most: 200 }).extend({
  /** Only models with this text in their title, in any case. */
  search: z.string().trim().max(100).optional(),
})
export type ModelListQuery = z.infer<typeof modelListQuery>
export const modelListResponse = z.object({ models: z.array(modelResponse), ...pageFields })
export type ModelListResponse = z.infer<typeof modelListResponse>

export const thumbnailQuery = z.object({ view: modelView.default('isometric') })

/** The `metadata` field of a form that is only inspected: other fields are ignored. */
export const inspectModelMetadata = z.object({ units: modelUnits.nullable().default(null) })

/** The inspection of a model file before it is published. */
export const inspectModelResponse = z.object({
  /** The file's format, judged by its content: "stl-binary", "stl-ascii", "3mf", "obj". */
  format: z.string(),
  /** The unit in which the file was read. */
  units: z.string(),
  triangles: z.int(),
  dimensions_mm: dimensions,
  volume_mm3: z.number(),
  warnings: z.array(z.string()),
  /** Other units that would give the model a usual size, the most likely first. */
  suggestions: z.array(unitSuggestion),
  /** Why a model of this size would not be published; null when it would. */
  fault: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** PNG, 300 x 300, base64. */
  thumbnails: z.array(z.object({ view: modelView, png: z.string() })),
})
export type InspectModelResponse = z.infer<typeof inspectModelResponse>
