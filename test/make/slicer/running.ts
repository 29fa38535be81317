import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** The processes that were started with this argument; without Linux's /proc there is nothing to look at. */
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
