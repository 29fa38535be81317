/** The memory of a child with all its descendants. prlimit limits each process alone, and an engine could start many. */
import { readdirSync, readFileSync } from 'node:fs'

const checkMs = 250

/**
 * Calls `onExceeded` once when the processes together hold more than `limitBytes`. They can exceed it between two checks, so the
 * service's container needs a memory limit as well. Returns a function that ends the watch.
 */
export function watchMemory(root: number, limitBytes: number, onExceeded: () => void): () => void {
  const timer = setInterval(() => {
    if (memoryOfTree(root) <= limitBytes) return
    clearInterval(timer)
    onExceeded()
  }, checkMs)
  return () => clearInterval(timer)
}

/**
 * Anonymous memory, in bytes, of a process and its descendants. In a process namespace this includes orphans, which its first process
 * adopts. Scratch files do not count: they have another limit. 0 without Linux's /proc.
 */
export function memoryOfTree(root: number): number {
  const children = childrenOfAll()
  let bytes = 0
  for (const pids = [root]; pids.length > 0; ) {
    const pid = pids.pop() as number
    bytes += anonymousBytes(pid)
    pids.push(...(children.get(pid) ?? []))
  }
  return bytes
}

function childrenOfAll(): Map<number, number[]> {
  const children = new Map<number, number[]>()
  for (const pid of processes()) {
    // "PID (NAME) STATE PARENT ...": the name may hold blanks and parentheses.
    const stat = readProc(pid, 'stat')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  return children
}

function anonymousBytes(pid: number): number {
  const [, kib = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(readProc(pid, 'status')) ?? []
  return Number(kib) * 1024
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(pid => pid > 0)
  } catch {
    return []
  }
}

/** Empty for a process that has ended meanwhile. */
function readProc(pid: number, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
