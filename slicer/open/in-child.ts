/** Opens a model in a child process, in the same sandbox as the engines, while this process answers other requests. */
import type { Log } from '../../runtime/log.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import { modelMaxBytes } from '../../schema/http/model-limits.ts'
import { maxTriangles } from '../model/limits.ts'
import type { ModelOpener, OpenedModel } from '../model/open-model.ts'
import { headerSize, triangleSize } from '../model/stl-layout.ts'
import { encodeRequest, parseReport } from '../sandbox/pipes.ts'
import { type ChildEnd, runChild } from '../sandbox/run-child.ts'
import type { Access, Command, Sandbox } from '../sandbox/sandbox.ts'
import { type OpenReport, type OpenRequest, openReport } from './protocol.ts'

export interface ChildOpenerOptions {
  /** From command.ts. */
  command: Command & Access
  sandbox: Sandbox
  log: Log
  cpuSeconds?: number
  memoryMib?: number
}

/** The largest STL within the limits, in bytes. */
const maxStlBytes = headerSize + triangleSize * maxTriangles
/** V8's heap. Files, vertices and pictures are outside of it, but within `memoryMib`. */
const heapMib = 512

/** Limit of wall time as a multiple of CPU time, for busy machines. */
const waitFactor = 4

/** `cpuSeconds` limits CPU time. The largest models take about 8 s and 600 MiB. */
export function openInChild({
  command,
  sandbox,
  log,
  cpuSeconds = 20,
  memoryMib = 1536,
}: ChildOpenerOptions): ModelOpener {
  return async (file, options, signal) => {
    if (file.length > modelMaxBytes) {
      throw new AppError('stl_too_large', `The model is larger than ${modelMaxBytes / 2 ** 20} MiB.`)
    }
    let report: OpenReport | undefined
    const stl: Buffer[] = []
    const end = await runChild({
      task: { verb: 'Reading the model', product: 'The model' },
      command: sandbox.wrap(
        { program: command.program, args: [`--max-old-space-size=${heapMib}`, ...command.args] },
        { readable: command.readable },
        { memoryMib, cpuSeconds, tasks: 64 },
      ),
      input: [encodeRequest({ fileBytes: file.length, ...options } satisfies OpenRequest), file],
      signal,
      timeoutMs: cpuSeconds * 1000 * waitFactor,
      memoryMib,
      maxOutputBytes: maxStlBytes,
      onOutput: async chunk => void stl.push(chunk),
      onReport: line => {
        report = parseReport(openReport, line)
      },
    }).catch((error: unknown) => {
      throw isAppError(error, 'engine_timeout', 'engine_failed') ? tooComplex() : error
    })
    if (report?.type === 'refused') throw new AppError(report.code, report.message)
    const written = Buffer.concat(stl)
    for (const piece of stl) piece.fill(0)
    if (end.code !== 0 || report?.type !== 'opened' || written.length !== report.stlBytes) throw logCrash(end, log)
    return toOpenedModel(report, written)
  }
}

function toOpenedModel(report: Extract<OpenReport, { type: 'opened' }>, stl: Buffer): OpenedModel {
  const { type: _, stlBytes: __, pictures, icon, ...opened } = report
  return {
    ...opened,
    pictures: pictures.map(({ view, png }) => ({ view, png: Buffer.from(png, 'base64') })),
    icon: Buffer.from(icon, 'base64'),
    stl,
  }
}

/** The child ended without a report: it crashed or exceeded a limit. */
function logCrash(end: ChildEnd, log: Log): AppError {
  log.warn({ exit_code: end.code, signal: end.killedBy, stderr: end.stderr }, 'the child that opens models died')
  return tooComplex()
}

function tooComplex(): AppError {
  return new AppError('stl_malformed', 'The model file cannot be read within the limits on time and memory.')
}
