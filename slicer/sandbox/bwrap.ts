import { asNobody, type LimitTools } from './limits.ts'
import { systemPaths } from './programs.ts'
import { type Access, type Command, type Limits, scratchFolder } from './sandbox.ts'

/** bubblewrap gives the command an almost empty, read-only file system. When its first process ends, so do all others. */
export function bwrapCommand(
  bwrap: string,
  tools: LimitTools,
  isRoot: boolean,
  command: Command,
  access: Access,
  limits: Limits,
): Command {
  // Root needs no user namespace, and could not become another user in one.
  const namespaces = isRoot
    ? ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try']
    : ['--unshare-all']
  const rights = isRoot ? ['SETUID', 'SETGID', 'SETPCAP'].flatMap(name => ['--cap-add', `CAP_${name}`]) : []
  const shown = [...systemPaths(), command.program, ...access.readable]
  const scratch = access.scratchMib
    ? ['--perms', '1777', '--size', String(access.scratchMib * 2 ** 20), '--tmpfs', scratchFolder]
    : []
  const proc = access.hasProc ? ['--proc', '/proc', '--remount-ro', '/proc'] : []
  const args = [
    ...namespaces,
    ...rights,
    ...['--die-with-parent', '--new-session', '--clearenv', '--dev', '/dev'],
    ...foldersAbove(shown).flatMap(path => ['--perms', '0755', '--dir', path]),
    ...shown.flatMap(path => ['--ro-bind', path, path]),
    ...['--remount-ro', '/dev', ...scratch, ...proc, '--remount-ro', '/', '--chdir', '/', '--'],
  ]
  const inner = asNobody(tools, isRoot, command, limits)
  return { program: bwrap, args: [...args, inner.program, ...inner.args] }
}

/** The parent folders, from the outside in. Left to bubblewrap, only its own user could enter them. */
function foldersAbove(paths: string[]): string[] {
  const above = paths.flatMap(path => {
    const names = path.split('/').slice(1, -1)
    return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
  })
  return [...new Set(above)].filter(folder => !paths.includes(folder))
}
