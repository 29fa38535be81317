import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Whether a process was started with this argument; without Linux's /proc there is nothing to look at. */
export function isRunning(argument: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return false
  return readdirSync('/proc').some(name => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument)
    } catch {
      return false
    }
  })
}
