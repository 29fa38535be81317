/** A model file, understood: what the marketplace tells of it, and what an engine slices. */
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
  /** What the file's numbers are; null: what the file says, else millimetres. */
  units: ModelUnits | null
  /** The sides to draw it from. */
  views: ModelView[]
  /** Of the published size; 100 when left out. */
  scalePercent?: number | undefined
  /** Turned after it was scaled; as published when left out. */
  orientation?: Orientation | undefined
}

export interface OpenedModel {
  format: ModelFormat
  /** What the file's numbers were taken for. */
  unit: Unit
  triangles: number
  size: Vec3
  volumeMm3: number
  /** What was repaired, and what may not come out as meant. */
  warnings: string[]
  suggestions: UnitSuggestion[]
  /** Why a model of this size cannot be printed; null when it can. */
  fault: { code: ErrorCode; message: string } | null
  /** PNGs of 300 x 300, in the order of the views asked for, and one of 32 x 32. */
  pictures: { view: ModelView; png: Buffer }[]
  icon: Buffer
  /** Binary STL of our own writing, in millimetres, centred, standing on z = 0. The caller wipes it. */
  stl: Buffer
}

/** Opens a model outside of this process's main thread. Errors: those of `openModel`, the signal's reason. */
export type ModelOpener = (file: Buffer, options: OpenOptions, signal: AbortSignal) => Promise<OpenedModel>

/**
 * Parses, measures, draws and writes a model again. It takes seconds, and memory within the limits.
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
