import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

interface ShellOptions {
  env: Record<string, string>
  cwd?: string
  timeoutMs: number
}

/**
 * Runs a document's first block of commands as if it was pasted into bash, with no variables but the path and `env`. Ends at the first
 * command that fails.
 */
export async function runCommandsOf(document: string, { env, cwd = '.', timeoutMs }: ShellOptions) {
  const [, commands = ''] = /```bash\n([\s\S]*?)```/.exec(readFileSync(document, 'utf8')) ?? []
  const shell = spawn('bash', ['-eo', 'pipefail', '-c', commands], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    timeout: timeoutMs,
  })
  let [said, complaints] = ['', '']
  shell.stdout.on('data', chunk => (said += chunk))
  shell.stderr.on('data', chunk => (complaints += chunk))
  const [status] = await once(shell, 'close')
  return { status, said, complaints }
}
