/** The slicer's program as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Starts the program at `path` in the folder `cwd`, with only these variables. */
export function startProcess(
  path: string,
  cwd: string,
  env: Record<string, string>,
): {
  child: ChildProcess
  output: () => string
  ended: Promise<number | null>
  stop: () => Promise<void>
} {
  const child = spawn(process.execPath, [path], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  return {
    child,
    output: () => output,
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The relative paths of readable, non-empty files below a folder. */
export function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name => {
    const file = join(path, name)
    try {
      return statSync(file).isFile() && readFileSync(file).length > 0
    } catch {
      return false
    }
  })
}
