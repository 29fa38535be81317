/**
 * The `three` engine's child process. It has no network, no environment and no disk to write to: a request and a model come
 * in on stdin, G-code goes out on stdout and reports on a third pipe, all by blocking calls, so that the kernel (which
 * never yields) waits whenever the slicer does.
 */
import { readSync, writeSync } from 'node:fs'
import { createSlicer } from 'three-slicer'
import { reportFd, requestLengthSize, type ThreeReport, type ThreeRequest } from './protocol.ts'
import { bodyWriter } from './three-gcode.ts'
import { kernelParams, placeForKernel } from './three-kernel.ts'

try {
  report(await slice())
} catch (error) {
  report({ type: 'failed', message: (error instanceof Error ? error.message : String(error)).slice(0, 500) })
}

async function slice(): Promise<ThreeReport> {
  const length = read(requestLengthSize).readUInt32BE()
  const request: ThreeRequest = JSON.parse(read(length).toString('utf8'))
  const stl = placeForKernel(read(request.stl_bytes), request)
  const { params, warnings } = kernelParams(request)
  const writer = bodyWriter(text => write(1, text))

  const slicer = await createSlicer()
  const result = slicer.slice(stl, params, {
    onProgress: (done, total) => report({ type: 'progress', done, total }),
    onLayer: layer => writer.add(layer.gcode),
  })
  if (result.error) return { type: 'failed', message: result.error.slice(0, 500) }
  const layers = writer.end()
  const { stats } = result
  // The kernel's own bounds begin at 0; for a bed whose origin is elsewhere only our check of the G-code counts.
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
  write(reportFd, `${JSON.stringify(message)}\n`)
}

function read(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  for (let filled = 0; filled < size; ) {
    const count = readSync(0, buffer, filled, size - filled, null)
    if (count === 0) throw new Error('the request was cut off')
    filled += count
  }
  return buffer
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
}
