import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestContext } from '../../test/make/market.ts'
import { makePrinter } from '../../test/make/prepared.ts'
import { memoryMb } from '../report/memory.ts'
import { median, round } from '../report/statistics.ts'

export interface Waiting {
  /** Resident memory of the process for each poll. */
  kbEach: number
  rssMb: number
  /** How long another request takes meanwhile; the median of some. */
  answerMs: number
}

const settleMs = 10_000
const asks = 21

/** Tokens of so many printers of the user: only the newest poll of a printer waits. */
export async function tokensOf(market: TestContext, userId: string, count: number): Promise<string[]> {
  const tokens: string[] = []
  for (let at = 0; at < count; at++) {
    const { token } = await market.ctx.tokens.forPrinter(await makePrinter(market, userId), userId, 1)
    tokens.push(token)
  }
  return tokens
}

/** Lets one poll wait for each token, and measures the process that holds them; `ask` is another request to it. */
export async function waitIdle(
  url: string,
  pid: number,
  tokens: string[],
  ask: () => Promise<Response>,
): Promise<Waiting> {
  const before = memoryMb(pid, 'VmRSS')
  const agent = new Agent()
  const answered: number[] = []
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}`, prefer: 'wait=25' }
    const request = get(url, { agent, headers }, response => answered.push(response.statusCode ?? 0))
    request.on('error', () => {}) // it is cut below
  }
  await sleep(settleMs)
  const times: number[] = []
  for (let at = 0; at < asks; at++) {
    const began = performance.now()
    await (await ask()).arrayBuffer()
    times.push(performance.now() - began)
  }
  const after = memoryMb(pid, 'VmRSS')
  agent.destroy()
  if (answered.length > 0)
    throw new Error(`${answered.length} polls did not wait: ${[...new Set(answered)].join(', ')}.`)
  return {
    kbEach: round(((after - before) / tokens.length) * 1000, 1),
    rssMb: Math.round(after),
    answerMs: round(median(times), 2),
  }
}
