/** The memory of a child with all its descendants. prlimit limits each process alone, and an engine could start many. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

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
 * adopts. Scratch files do not count: they have another limit. 0 without Linux's /proc. `childrenOf` finds a process's children.
 */
export function memoryOfTree(root: number, childrenOf = wayToFindChildren()): number {
  return processTree(root, childrenOf).reduce((bytes, pid) => bytes + anonymousBytes(pid), 0)
}

/** A process and its descendants. */
export function processTree(root: number, childrenOf = wayToFindChildren()): number[] {
  const pids = [root]
  // The loop also comes to those that it adds.
  for (const pid of pids) pids.push(...childrenOf(pid))
  return pids
}

type FindChildren = (pid: number) => number[]

/** Linux lists them when it is built with CONFIG_PROC_CHILDREN, as the distributions build it. */
function wayToFindChildren(): FindChildren {
  return existsSync(`/proc/${process.pid}/task/${process.pid}/children`) ? listedChildren : searchedChildren()
}

/** As the kernel lists them for each thread: a few files, however many processes the machine runs. */
export function listedChildren(pid: number): number[] {
  return numbersIn(`/proc/${pid}/task`).flatMap(thread =>
    readProc(pid, `task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
}

/** Found by the parent that each process of the machine names. */
export function searchedChildren(): FindChildren {
  const children = new Map<number, number[]>()
  for (const pid of numbersIn('/proc')) {
    // "PID (NAME) STATE PARENT ...": the name may hold blanks and parentheses.
    const stat = readProc(pid, 'stat')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  return pid => children.get(pid) ?? []
}

function anonymousBytes(pid: number): number {
  const [, kib = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(readProc(pid, 'status')) ?? []
  return Number(kib) * 1024
}

/** The processes in /proc, or the threads of one; empty when it has ended meanwhile. */
function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map(Number)
      .filter(id => id > 0)
  } catch {
    return []
  }
}

/** Empty for a process that has ended meanwhile. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
