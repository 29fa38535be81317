/** Messages between the slicer and the child that opens a model: a request and the file in, one report and the STL out. */
import { z } from 'zod'
import { type ErrorCode, isErrorCode } from '../../schema/http/errors.ts'
import { type ModelUnits, type ModelView, modelUnits, modelView } from '../../schema/http/models.ts'
import type { Orientation } from '../../schema/http/overrides.ts'
import { mmPerUnit, type Unit } from '../model/units.ts'

/** Written by the slicer, and trusted: the child, which is started for each model, loads no zod to check it. */
export interface OpenRequest {
  fileBytes: number
  units: ModelUnits | null
  views: ModelView[]
  /** Within `scaleLimits`. */
  scalePercent?: number | undefined
  orientation?: Orientation | undefined
}

const size = z.object({ x: z.number(), y: z.number(), z: z.number() })
const code = z.custom<ErrorCode>(isErrorCode)
const text = z.string().max(1000)
const picture = z.base64().max(400_000)

/** The child may be compromised by the file that it read, so its report is validated like any other input. */
export const openReport = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('opened'),
    format: z.enum(['stl-binary', 'stl-ascii', '3mf', 'obj']),
    unit: z.enum(Object.keys(mmPerUnit) as [Unit, ...Unit[]]),
    triangles: z.int().min(1),
    size,
    volumeMm3: z.number().min(0),
    warnings: z.array(text).max(50),
    suggestions: z.array(z.object({ units: modelUnits, dimensions_mm: size })).max(5),
    fault: z.object({ code, message: text }).nullable(),
    pictures: z.array(z.object({ view: modelView, png: picture })).max(10),
    icon: picture,
    stlBytes: z.int().min(0),
  }),
  z.object({ type: z.literal('refused'), code, message: text }),
])
export type OpenReport = z.infer<typeof openReport>
