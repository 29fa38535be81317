import { randomInt } from 'node:crypto'
import type { Access, Command, Limits } from './sandbox.ts'

/** Programs of util-linux that set limits and drop rights. */
export interface LimitTools {
  prlimit: string
  setpriv: string
}

/** Limits that all processes of the command inherit. Set outside, so that they apply from the first instruction on. */
export function withLimits(
  { prlimit }: LimitTools,
  command: Command,
  limits: Limits,
  { scratchMib = 0 }: Access,
): Command {
  const { memoryMib, cpuSeconds } = limits
  const args = [
    `--data=${memoryMib * 2 ** 20}`,
    `--cpu=${cpuSeconds}`,
    `--fsize=${scratchMib * 2 ** 20}`,
    ...['--core=0', '--nofile=128', '--'],
  ]
  return { program: prlimit, args: [...args, command.program, ...command.args] }
}

/**
 * The last step inside the sandbox: drops every right, then limits the number of tasks. The kernel counts tasks per user (in
 * another user namespace, per user of that namespace) and never refuses one to root. So root becomes an unused user id,
 * distinct per command, so that each command has its own count.
 */
export function asNobody(
  { prlimit, setpriv }: LimitTools,
  isRoot: boolean,
  command: Command,
  { tasks }: Limits,
): Command {
  const user = randomInt(2 ** 30, 2 ** 31 - 2)
  const identity = isRoot ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
  const args = [
    ...identity,
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    prlimit,
    `--nproc=${tasks}`,
    '--',
  ]
  return { program: setpriv, args: [...args, command.program, ...command.args] }
}
