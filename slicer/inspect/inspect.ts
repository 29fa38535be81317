import { wipe } from '../../schema/gcode/keys.ts'
import { modelView } from '../../schema/http/models.ts'
import type { InspectRequest, InspectResponse } from '../../schema/http/slicer.ts'
import type { Context } from '../context.ts'
import { fetchModel } from '../model/fetch-model.ts'

/**
 * Parses, measures and draws a newly stored model. The marketplace itself never parses files of users. A model that can be
 * read but not printed at its size is answered with its `fault`.
 * Errors: those of the model (stl_..., model_...), too_many_requests, cws_unavailable, unavailable.
 */
export function inspectModel(ctx: Context, request: InspectRequest, cancelled: AbortSignal): Promise<InspectResponse> {
  return ctx.inspections.run(async () => {
    const signal = AbortSignal.any([ctx.stopping, cancelled])
    signal.throwIfAborted()
    const file = await fetchModel(ctx, request, request.cws_token, signal)
    const options = { units: request.units, views: modelView.options }
    const opened = await ctx.openModel(file, options, signal).finally(() => wipe(file))
    wipe(opened.stl)
    const thumbnails = opened.pictures.map(({ view, png }) => ({ view, png: png.toString('base64') }))
    return {
      format: opened.format,
      units: opened.unit,
      triangles: opened.triangles,
      dimensions_mm: opened.size,
      volume_mm3: opened.volumeMm3,
      warnings: opened.warnings,
      suggestions: opened.suggestions,
      fault: opened.fault,
      thumbnail: thumbnails.find(({ view }) => view === 'isometric')?.png ?? '',
      thumbnails,
    }
  })
}
