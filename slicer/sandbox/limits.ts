import { randomInt } from 'node:crypto'
import type { Access, Command, Limits } from './sandbox.ts'

/** Programs of util-linux that set limits and give up rights. */
export interface LimitTools {
  prlimit: string
  setpriv: string
}

/** Inherited by all that the command starts. Set outside, so that they hold from the first instruction on. */
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
 * The last step inside of the sandbox: gives up every right, and then bounds the number of tasks. The kernel counts tasks by
 * user (by user of a namespace, in one that is not the first) and never refuses one to root, so root becomes a user that
 * nobody is: a number of its own for every command, so that each has its own count.
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
