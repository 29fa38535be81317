import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Waiting {
  /** What the process holds for each poll, in kB of its resident memory. */
  kbEach: number
  rssMb: number
}

/** Lets one poll wait for each token, and measures the memory of the process that holds them. */
export async function waitIdle(url: string, pid: number, tokens: string[]): Promise<Waiting> {
  const before = rssKb(pid)
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const answered: number[] = []
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}`, prefer: 'wait=25' }
    const request = get(url, { agent, headers }, response => answered.push(response.statusCode ?? 0))
    request.on('error', () => {}) // it is cut below
  }
  await sleep(15_000)
  const after = rssKb(pid)
  agent.destroy()
  if (answered.length > 0)
    throw new Error(`${answered.length} polls did not wait: ${[...new Set(answered)].join(', ')}.`)
  return { kbEach: Number(((after - before) / tokens.length).toFixed(1)), rssMb: Math.round(after / 1024) }
}

function rssKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN)
}
