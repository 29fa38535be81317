import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { memoryMb } from '../report/memory.ts'
import { round } from '../report/statistics.ts'

export interface Waiting {
  /** Resident memory of the process for each poll. */
  kbEach: number
  rssMb: number
}

/** Lets one poll wait for each token, and measures the memory of the process that holds them. */
export async function waitIdle(url: string, pid: number, tokens: string[]): Promise<Waiting> {
  const before = memoryMb(pid, 'VmRSS')
  const agent = new Agent()
  const answered: number[] = []
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}`, prefer: 'wait=25' }
    const request = get(url, { agent, headers }, response => answered.push(response.statusCode ?? 0))
    request.on('error', () => {}) // it is cut below
  }
  await sleep(15_000)
  const after = memoryMb(pid, 'VmRSS')
  agent.destroy()
  if (answered.length > 0)
    throw new Error(`${answered.length} polls did not wait: ${[...new Set(answered)].join(', ')}.`)
  return { kbEach: round(((after - before) / tokens.length) * 1000, 1), rssMb: Math.round(after) }
}
