/**
 * Runs a slicer that reads and writes files, in the sandbox's scratch folder, which is private memory. The input files come in
 * on stdin, the program's output goes out line by line on a third pipe, and its G-code on stdout when it has ended.
 */
import type { Log } from '../../../runtime/log.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { runChild } from '../../sandbox/run-child.ts'
import { type Sandbox, scratchFolder } from '../../sandbox/sandbox.ts'
import { maxGcodeBytes, slicing } from '../engine.ts'

export interface NativeTool {
  /** The program's path, and further paths that it must read besides the system's libraries. */
  program: string
  readable: string[]
  sandbox: Sandbox
  timeoutSeconds: number
  memoryMib: number
  log: Log
}

export interface NativeRun {
  args: string[]
  /** Additional variables: NAME=VALUE. */
  environment?: string[]
  /** Input files by name. They are stored in the scratch folder, the program's working directory. */
  files: { name: string; data: Buffer }[]
  /** Names of the G-code file and of a report that the program may write. Both are read when it has ended. */
  gcode: string
  report?: string
  signal: AbortSignal
  /** Name of a pipe for the program's progress, if it has such an option; `onLine` gets its lines, too. */
  pipe?: string
  /** Called with each line of the program's output. */
  onLine: (line: string) => void
  onGcode: (chunk: Buffer) => Promise<void>
}

export interface NativeEnd {
  /** The program's exit code, 0 to 255; null when the sandbox ended first. */
  exitCode: number | null
  report: string
  /** The last part of its stderr; for our log, not for users. */
  stderr: string
}

/** Twice the size of a slicer's files, as some write a temporary one first. */
const scratchMib = 2048
const maxReportLength = 2 ** 20
/** Slicers start threads for every core. */
const tasks = 512
const exitMark = ';LMNT_EXIT '

/** $1: G-code, $2: report, $3: pipe, $4: number of files, then name and size of each, then the command. */
const script = `
cd ${scratchFolder} || exit 1
gcode=$1; report=$2; pipe=$3; count=$4; shift 4
while [ "$count" -gt 0 ]; do
  head -c "$2" > "$1" || exit 1
  count=$((count - 1)); shift 2
done
if [ -n "$pipe" ]; then mkfifo "$pipe"; cat "$pipe" >&3 & fi
"$@" </dev/null >&3
code=$?
if [ -n "$pipe" ]; then kill $! 2>/dev/null; wait; fi
printf '\\n${exitMark}%s\\n' "$code" >&3
if [ -f "$report" ]; then cat "$report" >&3; fi
exec 3>&-
if [ -f "$gcode" ]; then exec cat "$gcode"; fi
`

/** Errors: engine_timeout, engine_failed (too much output), the signal's reason, and errors of `onGcode`. */
export async function runNative(tool: NativeTool, run: NativeRun): Promise<NativeEnd> {
  const { program, sandbox, timeoutSeconds, memoryMib } = tool
  const files = run.files.flatMap(({ name, data }) => [name, String(data.length)])
  const environment = [
    ...[`HOME=${scratchFolder}`, `TMPDIR=${scratchFolder}`, 'LC_ALL=C', 'PATH=/usr/bin:/bin'],
    ...(run.environment ?? []),
  ]
  const command = ['/usr/bin/env', '-i', ...environment, program, ...run.args]
  let exitCode: number | null = null
  let report = ''
  const end = await runChild({
    task: slicing,
    command: sandbox.wrap(
      {
        program: '/bin/sh',
        args: [
          '-c',
          script,
          'slicer',
          run.gcode,
          run.report ?? '',
          run.pipe ?? '',
          String(run.files.length),
          ...files,
          ...command,
        ],
      },
      { readable: [program, ...tool.readable], scratchMib, hasProc: true },
      { memoryMib, cpuSeconds: timeoutSeconds * 16, tasks },
    ),
    input: run.files.map(({ data }) => data),
    signal: run.signal,
    timeoutMs: timeoutSeconds * 1000,
    memoryMib,
    maxOutputBytes: maxGcodeBytes,
    onOutput: run.onGcode,
    onReport: line => {
      if (exitCode !== null) report = `${report}${line}\n`.slice(0, maxReportLength)
      else if (line.startsWith(exitMark)) exitCode = Number(line.slice(exitMark.length))
      else run.onLine(line)
    },
  })
  return { exitCode, report, stderr: end.stderr }
}

/** Returns a program's output for `args`, such as its version. Undefined when it cannot be run in the sandbox. */
export async function askNative(tool: NativeTool, args: string[]): Promise<string | undefined> {
  let output = ''
  const onLine = (line: string) => {
    output = `${output}${line}\n`.slice(0, 10_000)
  }
  const { signal } = new AbortController()
  const run = { args, files: [], gcode: '', signal, onLine, onGcode: async () => {} }
  try {
    const { exitCode } = await runNative({ ...tool, timeoutSeconds: 30 }, run)
    return exitCode === null || exitCode === 126 || exitCode === 127 ? undefined : output
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
