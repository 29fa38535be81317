/** Runs a child process in a sandbox, with its input, its output and every way in which it can end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AppError } from '../../schema/http/errors.ts'
import { watchMemory } from './memory.ts'
import type { Command } from './sandbox.ts'

export interface ChildRun {
  /** For messages: "Slicing took longer ...", "The G-code would be larger ...". */
  task: { verb: string; product: string }
  command: Command
  input: Buffer[]
  signal: AbortSignal
  timeoutMs: number
  /** Limit on all processes together. Enforced on Linux, also without a sandbox. */
  memoryMib: number
  maxOutputBytes: number
  onOutput: (chunk: Buffer) => Promise<void>
  /** One line from its third pipe. */
  onReport: (line: string) => void
}

export interface ChildEnd {
  code: number | null
  killedBy: NodeJS.Signals | null
  /** The last part of its stderr; for our log, not for users. */
  stderr: string
}

const maxStderrLength = 2000
/** Enough for the progress of about 100,000 layers. */
const maxReportBytes = 8 * 2 ** 20

/**
 * Resolves when the child has ended by itself, with any exit code, and `onOutput` has received all its output. The child gets
 * no environment, and is killed on any error on our side.
 * Errors: engine_timeout, engine_failed (too much output or memory), unavailable (it cannot be started), the signal's reason, and
 * errors of `onOutput`.
 */
export async function runChild(run: ChildRun): Promise<ChildEnd> {
  run.signal.throwIfAborted()
  const { program, args } = run.command
  // Its own process group: without a sandbox, the group is killed to end its children too.
  const child = spawn(program, args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true })
  let stderr = ''
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', cause => {
      reject(new AppError('unavailable', `${run.task.verb} could not be started.`, { cause }))
    })
    child.once('close', (code, killedBy) => resolve({ code, killedBy, stderr }))
  })
  // It may reject while only the output is awaited.
  ended.catch(() => {})
  child.stderr.on('data', chunk => {
    stderr = (stderr + chunk).slice(-maxStderrLength)
  })
  const reportPipe = child.stdio[3] as Readable
  let reported = 0
  reportPipe.on('data', chunk => {
    reported += chunk.length
    if (reported > maxReportBytes) reportPipe.destroy()
  })
  const reports = createInterface({ input: reportPipe }).on('line', run.onReport)
  // A child that ends early closes its stdin; its exit is the better error.
  child.stdin.on('error', () => {})
  for (const part of run.input) child.stdin.write(part)
  child.stdin.end()

  const stop = stopper(run, child.pid)
  try {
    await Promise.race([readOutput(child.stdout, run), stop.stopped])
    return await Promise.race([ended, stop.stopped])
  } catch (error) {
    killGroup(child)
    child.stdin.destroy()
    child.stdout.destroy()
    await ended.catch(() => {})
    throw error
  } finally {
    reports.close()
    stop.release()
  }
}

function killGroup(child: ChildProcess): void {
  child.kill('SIGKILL')
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The process group is empty.
  }
}

/** A promise that never resolves. It rejects at the timeout, above the memory limit, or when the caller aborts. */
function stopper(
  { signal, timeoutMs, memoryMib, task }: ChildRun,
  pid: number | undefined,
): { stopped: Promise<never>; release: () => void } {
  let reject: (reason: unknown) => void = () => {}
  const stopped = new Promise<never>((_, rejectStopped) => {
    reject = rejectStopped
  })
  stopped.catch(() => {})
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const timer = setTimeout(() => {
    reject(new AppError('engine_timeout', `${task.verb} took longer than ${timeoutMs / 1000} s.`))
  }, timeoutMs)
  const endWatch =
    pid === undefined
      ? () => {}
      : watchMemory(pid, memoryMib * 2 ** 20, () => {
          reject(new AppError('engine_failed', `${task.verb} takes more than ${memoryMib} MiB of memory.`))
        })
  return {
    stopped,
    release: () => {
      endWatch()
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

async function readOutput(stdout: Readable, { maxOutputBytes, onOutput, task }: ChildRun): Promise<void> {
  let size = 0
  for await (const chunk of stdout) {
    size += chunk.length
    if (size > maxOutputBytes) {
      throw new AppError('engine_failed', `${task.product} would be larger than ${maxOutputBytes / 2 ** 20} MiB.`)
    }
    await onOutput(chunk)
  }
}
