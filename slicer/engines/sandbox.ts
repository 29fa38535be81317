/**
 * Where engines run. A model is a stranger's file and an engine is a large parser: whatever it is talked into, it shall
 * reach neither the network nor the disk, and take no more memory and time than it is given.
 *
 * bwrap shows it an almost empty file system that it cannot write. `unshare` only takes the network and the other
 * processes away; that nothing gets onto the disk is then the limit on file sizes' doing (it may still remove files that
 * our user may remove). prlimit's limits are inherited, so they are set first, outside of either.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Command {
  program: string
  args: string[]
}

export interface Access {
  /** Files and folders that the command has to read, besides the system's libraries. */
  readable: string[]
}

export interface Limits {
  /** Of writable memory. */
  memoryMib: number
  cpuSeconds: number
}

export interface Sandbox {
  kind: 'bwrap' | 'unshare' | 'none'
  /** True when prlimit is there to set the limits. */
  hasLimits: boolean
  wrap: (command: Command, access: Access, limits: Limits) => Command
}

const programFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin']
const probeMs = 5000

/** Finds the best sandbox that works on this host: that a program is installed does not mean that it may be used. */
export async function findSandbox(kinds: readonly Sandbox['kind'][] = ['bwrap', 'unshare', 'none']): Promise<Sandbox> {
  for (const kind of kinds) {
    const sandbox = makeSandbox(kind)
    if (sandbox && (kind === 'none' || (await works(sandbox)))) return sandbox
  }
  return makeSandbox('none') as Sandbox
}

function makeSandbox(kind: Sandbox['kind']): Sandbox | undefined {
  const prlimit = findProgram('prlimit')
  const program = kind === 'none' ? undefined : findProgram(kind)
  if (kind !== 'none' && !program) return undefined
  return {
    kind,
    hasLimits: prlimit !== undefined,
    wrap: (command, access, limits) => {
      const args = kind === 'bwrap' ? bwrapArgs(command, access) : unshareArgs()
      const isolated = program ? { program, args: [...args, '--', command.program, ...command.args] } : command
      if (!prlimit) return isolated
      return { program: prlimit, args: [...limitArgs(limits), '--', isolated.program, ...isolated.args] }
    },
  }
}

function bwrapArgs({ program }: Command, { readable }: Access): string[] {
  const system = ['/usr', '/lib', '/lib64', '/etc/ld.so.cache', '/nix/store'].filter(path => existsSync(path))
  return [
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--clearenv',
    ...[...system, program, ...readable].flatMap(path => ['--ro-bind', path, path]),
    ...['--dev', '/dev', '--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/'],
  ]
}

function unshareArgs(): string[] {
  return ['--map-root-user', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child']
}

function limitArgs({ memoryMib, cpuSeconds }: Limits): string[] {
  return [`--data=${memoryMib * 2 ** 20}`, `--cpu=${cpuSeconds}`, '--fsize=0', '--core=0', '--nofile=64']
}

function findProgram(name: string): string | undefined {
  return programFolders.map(folder => join(folder, name)).find(path => existsSync(path))
}

function works(sandbox: Sandbox): Promise<boolean> {
  const command = { program: process.execPath, args: ['-e', '0'] }
  const { program, args } = sandbox.wrap(command, { readable: [] }, { memoryMib: 1024, cpuSeconds: 10 })
  return new Promise(resolve => {
    const child = spawn(program, args, { env: {}, cwd: '/', stdio: 'ignore', timeout: probeMs, killSignal: 'SIGKILL' })
    child.once('error', () => resolve(false))
    child.once('close', code => resolve(code === 0))
  })
}
