import { wipe } from '../../schema/gcode/keys.ts'
import type { InspectRequest, InspectResponse } from '../../schema/http/slicer.ts'
import type { Context } from '../context.ts'
import { fetchModel, readModel } from '../model/load-model.ts'
import { drawThumbnails } from '../model/thumbnail.ts'

/**
 * Parses and measures a newly stored model. The marketplace itself never parses files of users.
 * Errors: those of the model (stl_..., model_...), too_many_requests, cws_unavailable, unavailable.
 */
export function inspectModel(ctx: Context, request: InspectRequest, cancelled: AbortSignal): Promise<InspectResponse> {
  return ctx.inspections.run(async () => {
    const signal = AbortSignal.any([ctx.stopping, cancelled])
    signal.throwIfAborted()
    const { mesh, analysis } = readModel(await fetchModel(ctx, request, request.cws_token, signal))
    const { large } = drawThumbnails(mesh)
    wipe(new Uint8Array(mesh.positions.buffer))
    return {
      triangles: analysis.triangles,
      dimensions_mm: analysis.size,
      volume_mm3: analysis.volumeMm3,
      warnings: analysis.warnings,
      thumbnail: large.toString('base64'),
    }
  })
}
