import { spawn } from 'node:child_process'
import { bwrapCommand } from './bwrap.ts'
import { type LimitTools, withLimits } from './limits.ts'
import { findProgram } from './programs.ts'
import type { Sandbox } from './sandbox.ts'
import { unshareCommand } from './unshare.ts'

const probeMs = 5000

/** Finds the best sandbox that works on this host. Tries each, since an installed program may be forbidden. */
export async function findSandbox(kinds: readonly Sandbox['kind'][] = ['bwrap', 'unshare', 'none']): Promise<Sandbox> {
  for (const kind of kinds) {
    const sandbox = makeSandbox(kind)
    if (sandbox && (kind === 'none' || (await works(sandbox)))) return sandbox
  }
  return withoutSandbox(findTools())
}

function makeSandbox(kind: Sandbox['kind']): Sandbox | undefined {
  const tools = findTools()
  if (kind === 'none') return withoutSandbox(tools)
  const program = findProgram(kind)
  const sh = findProgram('sh')
  if (!tools || !program || !sh) return undefined
  const isRoot = process.getuid?.() === 0
  return {
    kind,
    hasLimits: true,
    hasScratch: true,
    wrap: (command, access, limits) => {
      const isolated =
        kind === 'bwrap'
          ? bwrapCommand(program, tools, isRoot, command, access, limits)
          : unshareCommand({ ...tools, unshare: program, sh }, isRoot, command, access, limits)
      return withLimits(tools, isolated, limits, access)
    },
  }
}

function withoutSandbox(tools: LimitTools | undefined): Sandbox {
  return {
    kind: 'none',
    hasLimits: tools !== undefined,
    hasScratch: false,
    wrap: (command, access, limits) => (tools ? withLimits(tools, command, limits, access) : command),
  }
}

function findTools(): LimitTools | undefined {
  const prlimit = findProgram('prlimit')
  const setpriv = findProgram('setpriv')
  return prlimit && setpriv ? { prlimit, setpriv } : undefined
}

function works(sandbox: Sandbox): Promise<boolean> {
  const command = { program: process.execPath, args: ['-e', '0'] }
  const limits = { memoryMib: 1024, cpuSeconds: 10, tasks: 64 }
  const { program, args } = sandbox.wrap(command, { readable: [] }, limits)
  return new Promise(resolve => {
    const child = spawn(program, args, { env: {}, cwd: '/', stdio: 'ignore', timeout: probeMs, killSignal: 'SIGKILL' })
    child.once('error', () => resolve(false))
    child.once('close', code => resolve(code === 0))
  })
}
