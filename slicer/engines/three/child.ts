/**
 * The `three` engine's child process, without network, environment or a writable disk: a request and a model come in on
 * stdin, G-code goes out on stdout and reports on a third pipe. All calls block, so that the kernel, which never yields,
 * waits whenever the slicer does.
 */
import { createSlicer } from 'three-slicer'
import { readInput, readRequest, sendReport, writeOutput } from '../../sandbox/pipes.ts'
import { bodyWriter } from './gcode.ts'
import { kernelParams, placeForKernel } from './kernel.ts'
import type { ThreeReport, ThreeRequest } from './protocol.ts'

try {
  report(await slice())
} catch (error) {
  report({ type: 'failed', message: (error instanceof Error ? error.message : String(error)).slice(0, 500) })
}

async function slice(): Promise<ThreeReport> {
  const request = readRequest() as ThreeRequest
  const stl = placeForKernel(readInput(request.stl_bytes), request)
  const { params, warnings } = kernelParams(request)
  const writer = bodyWriter(text => writeOutput(Buffer.from(text)))

  const slicer = await createSlicer()
  const result = slicer.slice(stl, params, {
    onProgress: (done, total) => report({ type: 'progress', done, total }),
    onLayer: layer => writer.add(layer.gcode),
  })
  if (result.error) return { type: 'failed', message: result.error.slice(0, 500) }
  const layers = writer.end()
  const { stats } = result
  // The kernel's own bounds begin at 0. For a bed with another origin our check of the G-code decides.
  const hasKernelBounds = request.bed.min_x === 0 && request.bed.min_y === 0
  return {
    type: 'done',
    layers,
    estimated_time_s: stats.time_estimate,
    filament_mm: stats.filament_mm,
    is_over_bed: hasKernelBounds && (stats.over_bed || stats.over_bed_model),
    warnings,
  }
}

function report(message: ThreeReport): void {
  sendReport(message)
}
