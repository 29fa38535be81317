import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The ids of processes that were started with this argument; none on hosts without Linux's /proc. */
export function pidsRunning(argument: string): number[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc')
    .filter(name => {
      if (!/^\d+$/.test(name)) return false
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument)
      } catch {
        return false
      }
    })
    .map(Number)
}

export function isRunning(argument: string): boolean {
  return pidsRunning(argument).length > 0
}
