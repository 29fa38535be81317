import { readdirSync, readFileSync } from 'node:fs'

/** The id of the process whose command line contains both words. Throws when there is none. */
export function processOf(program: string, word: string): string {
  const id = readdirSync('/proc').find(entry => {
    if (!/^\d+$/.test(entry)) return false
    const line = read(`/proc/${entry}/cmdline`)
    return line.includes(program) && line.includes(word)
  })
  if (id === undefined) throw new Error(`No running process has ${program} and ${word} in its command line.`)
  return id
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Returns a clock of the CPU time, in seconds, that all threads of a process have used. */
export function cpuClock(id: string): () => number {
  return () =>
    readdirSync(`/proc/${id}/task`).reduce(
      (sum, task) => sum + Number.parseInt(read(`/proc/${id}/task/${task}/schedstat`), 10),
      0,
    ) / 1e9
}
