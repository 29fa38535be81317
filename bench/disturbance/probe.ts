import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Probe {
  /** Runs the busy loop for this long and returns its rounds a second. */
  measure: (ms: number) => Promise<number>
  close: () => void
}

/** A process that does nothing but count, at the priority of an ordinary service, which is Klipper's. */
export function startProbe(): Probe {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'busy-loop.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  return {
    async measure(ms) {
      const answer = once(lines, 'line')
      child.stdin.write(`${ms}\n`)
      const [line] = (await answer) as [string]
      return Number(line)
    },
    close: () => child.kill(),
  }
}
