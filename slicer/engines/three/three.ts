/** The `three` engine: npm's three-slicer, a WebAssembly kernel that reads OrcaSlicer's settings, in a child process. */
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintProfile } from '../../profiles/profile.ts'
import { encodeRequest, parseReport } from '../../sandbox/pipes.ts'
import { type ChildEnd, runChild } from '../../sandbox/run-child.ts'
import type { Access, Command, Sandbox } from '../../sandbox/sandbox.ts'
import {
  type Engine,
  maxGcodeBytes,
  type SliceableModel,
  type SliceOptions,
  type SliceStats,
  slicing,
} from '../engine.ts'
import type { ThreePackage } from './command.ts'
import { kernelParams } from './kernel.ts'
import type { ThreeReport, ThreeRequest } from './protocol.ts'

export interface ThreeOptions {
  about: ThreePackage
  /** From command.ts. */
  command: Command & Access
  sandbox: Sandbox
  timeoutSeconds: number
  memoryMib: number
  log: Log
}

/** For Node itself, in addition to the kernel's memory. */
const nodeMemoryMib = 512

const positive = z.number().min(0)

/** The child may be compromised by its input, so its reports are validated like any other input. */
const threeReport: z.ZodType<ThreeReport> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: positive, total: positive }),
  z.object({
    type: z.literal('done'),
    layers: z.int().min(0),
    estimated_time_s: positive,
    filament_mm: positive,
    is_over_bed: z.boolean(),
    warnings: z.array(z.string().max(500)).max(20),
  }),
  z.object({ type: z.literal('failed'), message: z.string().max(500) }),
])

export function threeEngine(options: ThreeOptions): Engine {
  return {
    name: 'three',
    ...options.about,
    warningsFor: profile =>
      kernelParams(makeRequest({ stl: Buffer.alloc(0), size: { x: 1, y: 1, z: 1 } }, profile)).warnings,
    slice: (model, profile, slice) => sliceWithThree(options, model, profile, slice),
  }
}

async function sliceWithThree(
  { command, sandbox, timeoutSeconds, memoryMib, log }: ThreeOptions,
  model: SliceableModel,
  profile: PrintProfile,
  { signal, onProgress, onGcode }: SliceOptions,
): Promise<SliceStats> {
  let last: ThreeReport | undefined
  const allMemoryMib = memoryMib + nodeMemoryMib
  const end = await runChild({
    task: slicing,
    command: sandbox.wrap(
      { program: command.program, args: [...v8Args(memoryMib), ...command.args] },
      { readable: command.readable },
      // The kernel has one thread, V8 a few helpers.
      { memoryMib: allMemoryMib, cpuSeconds: Math.ceil(timeoutSeconds * 2), tasks: 64 },
    ),
    input: [encodeRequest(makeRequest(model, profile)), model.stl],
    signal,
    timeoutMs: timeoutSeconds * 1000,
    memoryMib: allMemoryMib,
    maxOutputBytes: maxGcodeBytes,
    onOutput: onGcode,
    onReport: line => {
      last = parseReport(threeReport, line)
      if (last?.type === 'progress' && last.total > 0) onProgress(Math.min(1, last.done / last.total))
    },
  })
  if (last?.type === 'failed') throw new AppError('engine_failed', `The slicing engine failed: ${last.message}`)
  if (end.code !== 0 || last?.type !== 'done') throw logCrash(end, log)
  if (last.is_over_bed) {
    throw new AppError('stl_exceeds_bed', 'The print does not fit on the bed with its brim, skirt and supports.')
  }
  const { layers, estimated_time_s, filament_mm, warnings } = last
  return { layers, estimated_time_s, filament_mm, warnings }
}

function makeRequest({ stl, size }: SliceableModel, { bed, settings }: PrintProfile): ThreeRequest {
  return {
    stl_bytes: stl.length,
    model_height: size.z,
    settings,
    bed: {
      width: bed.max.x - bed.min.x,
      depth: bed.max.y - bed.min.y,
      height: bed.heightMm,
      min_x: bed.min.x,
      min_y: bed.min.y,
    },
  }
}

/**
 * Limits both heaps of the child: V8's, and the kernel's WebAssembly memory (pages of 64 KiB).
 * The tiering budget delays V8's optimising compiler. At its default, a process of a few seconds spends half of its time, and
 * 100 MB, on optimising code that it hardly uses. Measured: 1.3 s instead of 2.7 s of CPU for a gear, 6.7 s instead of 7.4 s
 * for 1.2 million triangles.
 */
function v8Args(memoryMib: number): string[] {
  return [
    `--max-old-space-size=${nodeMemoryMib}`,
    `--wasm-max-mem-pages=${memoryMib * 16}`,
    '--wasm-tiering-budget=100000000',
  ]
}

/** The engine ended without a result: it crashed or exceeded a limit. */
function logCrash(end: ChildEnd, log: Log): AppError {
  log.warn({ exit_code: end.code, signal: end.killedBy, stderr: end.stderr }, 'the slicing engine died')
  return new AppError(
    'engine_failed',
    'The slicing engine ended without a result: the model may be too complex for it.',
  )
}
