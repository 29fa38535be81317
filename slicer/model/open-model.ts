import { wipe } from '../../schema/gcode/keys.ts'
import type { ErrorCode } from '../../schema/http/errors.ts'
import type { ModelUnits, ModelView } from '../../schema/http/models.ts'
import type { Orientation } from '../../schema/http/overrides.ts'
import { analyse } from './analyse.ts'
import { canonicalStl } from './canonical.ts'
import type { Vec3 } from './mesh.ts'
import { parseModel } from './parse.ts'
import type { ModelFormat } from './parsed-model.ts'
import { drawIcon, drawThumbnail } from './thumbnail.ts'
import { scale, turn } from './transform.ts'
import { mmPerUnit, type Unit, type UnitSuggestion } from './units.ts'

export interface OpenOptions {
  /** Unit of the file's numbers; null: the unit that the file states, otherwise millimetres. */
  units: ModelUnits | null
  /** Views to draw. */
  views: ModelView[]
  /** Percent of the published size; 100 when left out. */
  scalePercent?: number | undefined
  /** Applied after scaling; as published when left out. */
  orientation?: Orientation | undefined
}

export interface OpenedModel {
  format: ModelFormat
  /** The unit in which the file was read. */
  unit: Unit
  triangles: number
  size: Vec3
  volumeMm3: number
  /** Repairs of the file, and reasons why the print may differ from what was intended. */
  warnings: string[]
  suggestions: UnitSuggestion[]
  /** Why a model of this size cannot be printed; null when it can. */
  fault: { code: ErrorCode; message: string } | null
  /** PNGs of 300 x 300, in the order of `views`. */
  pictures: { view: ModelView; png: Buffer }[]
  /** A PNG of 32 x 32, isometric. */
  icon: Buffer
  /** Binary STL of our own writing, in millimetres, centred, standing on z = 0. The caller wipes it. */
  stl: Buffer
}

/** Opens a model in another process (see `openModel`). Errors: those of `openModel`, the signal's reason. */
export type ModelOpener = (file: Buffer, options: OpenOptions, signal: AbortSignal) => Promise<OpenedModel>

/**
 * Parses, measures and draws a model, and writes it as a canonical STL. Takes seconds; limits.ts bounds the memory.
 * Errors: stl_empty, stl_malformed, stl_not_finite, stl_too_large, stl_too_many_triangles, model_format_unsupported.
 */
export async function openModel(file: Buffer, options: OpenOptions): Promise<OpenedModel> {
  const { units, views, scalePercent = 100, orientation = 'as_published' } = options
  const parsed = await parseModel(file)
  const unit = units ?? parsed.unit ?? 'mm'
  scale(parsed, (mmPerUnit[unit] * scalePercent) / 100)
  turn(parsed, orientation)
  const { triangles, bounds, size, volumeMm3, warnings, suggestions, fault } = analyse(parsed, unit)
  const opened: OpenedModel = {
    format: parsed.format,
    unit,
    triangles,
    size,
    volumeMm3,
    warnings: [...parsed.repairs, ...warnings],
    suggestions,
    fault,
    pictures: views.map(view => ({ view, png: drawThumbnail(parsed, view) })),
    icon: drawIcon(parsed),
    stl: canonicalStl(parsed, bounds),
  }
  wipe(new Uint8Array(parsed.positions.buffer))
  return opened
}
