import { asNobody, type LimitTools } from './limits.ts'
import { systemPaths } from './programs.ts'
import { type Access, type Command, type Limits, scratchFolder } from './sandbox.ts'

/**
 * Builds the same as bubblewrap, in new namespaces: a file system in memory with the readable paths bound read-only. Mounted
 * on /sys, a folder that every host has. $1: MiB of scratch, $2: yes for a /proc, $3: the number of paths, then the paths, then
 * the command. The shell stays as the namespace's first process, so that all others end with it: a process that changes its user
 * would not get the signal that its parent has died.
 */
const script = `
set -e
umask 022
mount -t tmpfs -o mode=755,size=4m none /sys
cd /sys
mebibytes=$1; proc=$2; count=$3; shift 3
while [ "$count" -gt 0 ]; do
  count=$((count - 1)); path=$1; shift
  if [ -e ".$path" ]; then continue; fi
  if [ -d "$path" ]; then mkdir -p ".$path"; else mkdir -p ".\${path%/*}"; : > ".$path"; fi
  mount --rbind "$path" ".$path"
  mount -o remount,bind,ro,nosuid,nodev ".$path"
done
mkdir -p dev
for name in null zero full random urandom; do : > "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
if [ "$mebibytes" -gt 0 ]; then
  mkdir .${scratchFolder}
  mount -t tmpfs -o "mode=1777,nosuid,nodev,size=\${mebibytes}m" none .${scratchFolder}
fi
if [ "$proc" = yes ]; then mkdir proc; mount -t proc -o ro,nosuid,nodev,noexec none proc; fi
mount -o remount,ro,nosuid,nodev .
chroot . "$@"
exit $?
`

export interface UnshareTools extends LimitTools {
  unshare: string
  sh: string
}

export function unshareCommand(
  tools: UnshareTools,
  isRoot: boolean,
  command: Command,
  access: Access,
  limits: Limits,
): Command {
  const namespaces = ['--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child']
  const shown = [...new Set([...systemPaths(), command.program, ...access.readable])]
  const inner = asNobody(tools, isRoot, command, limits)
  const args = [
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    ...namespaces,
    ...[
      '--',
      tools.sh,
      '-c',
      script,
      'sandbox',
      String(access.scratchMib ?? 0),
      access.hasProc ? 'yes' : 'no',
      String(shown.length),
      ...shown,
    ],
    ...[inner.program, ...inner.args],
  ]
  return { program: tools.unshare, args }
}
