import { spawn } from 'node:child_process'

interface Options {
  /** Killed with -9 after this time; null: never. */
  killAfterMs?: number | null
  /** Environment variables, added to those of this process. */
  env?: Record<string, string>
}

/** Runs a program with Node. Returns its output, stdout and stderr together; an empty text when it was killed. */
export function runNode(args: string[], { killAfterMs = null, env = {} }: Options = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (output += data))
    child.once('error', reject)
    child.once('close', (_code, signal) => {
      clearTimeout(timer)
      resolve(signal ? '' : output.trim())
    })
  })
}
