import { existsSync, readdirSync, readFileSync } from 'node:fs'

/**
 * The ids of processes that were started with this argument; none on hosts without Linux's /proc. With `ancestor`, only those
 * that this process has started, or a descendant of it.
 */
export function pidsRunning(argument: string, ancestor?: number): number[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && readProc(name, 'cmdline').split('\0').includes(argument))
    .map(Number)
    .filter(pid => ancestor === undefined || isBelow(pid, ancestor))
}

export function isRunning(argument: string): boolean {
  return pidsRunning(argument).length > 0
}

function isBelow(pid: number, ancestor: number): boolean {
  for (let parent = parentOf(pid); parent > 1; parent = parentOf(parent)) if (parent === ancestor) return true
  return false
}

/** 0 when the process has ended. */
function parentOf(pid: number): number {
  // "PID (NAME) STATE PARENT ...": the name may hold blanks and parentheses.
  const stat = readProc(String(pid), 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

/** Empty when the process has ended. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
