/**
 * How many polls without a job one process of the marketplace answers, beside a bare Hono route that sends the same SELECT: measured
 * alternately, `--pairs N` times. Then what users and printers ask for most, each beside its own SELECTs. Requests of 32 connections,
 * for 3 seconds each. Bar: 0.6. At the end 5,000 polls that wait. Bar: 400 MB.
 */
import { parseArgs } from 'node:util'
import { build } from '../local/build.ts'
import { makePrepared } from '../test/make/prepared.ts'
import { withMarketplace } from './marketplace/start.ts'
import { callsOf } from './poll/calls.ts'
import { tokensOf, waitIdle } from './poll/idle.ts'
import { type Load, load, type Target } from './poll/load.ts'
import { startBare } from './process/bare.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'

const seconds = 3
const idlePolls = 5000

export const bars = { ratio_to_select: { atLeast: 0.6 }, rss_mb_with_idle_polls: { atMost: 400 } }

export async function run(args: string[]): Promise<Figures> {
  const pairs = pairsOf(args)
  await build()
  return withMarketplace(1, async ({ market, instances }) => {
    const { url, child } = instances[0]!
    const own = await makePrepared(market)
    const printer = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
    const user = await market.ctx.tokens.forUser(own.userId, 'enthusiast')
    const marketplace = (path: string, token: string, status: Target['status']): Target => ({
      url: `${url}${path}`,
      pid: child.pid!,
      headers: { authorization: `Bearer ${token}` },
      status,
    })
    const calls = await callsOf(market, own)
    const { host, database, user: role } = market.database.at
    const what = [host, database, role, own.printerId, JSON.stringify(calls)]
    const started = await startBare('bench/poll/bare.ts', ...what)
    const bare: Target = { url: started.url, pid: started.pid, status: 204 }
    try {
      const poll = marketplace('/api/get-print-job', printer.token, 204)
      await load(poll, seconds)
      await load(bare, seconds)
      const polls: Load[] = []
      const selects: Load[] = []
      for (let pair = 0; pair < pairs; pair++) {
        polls.push(await load(poll, seconds))
        selects.push(await load(bare, seconds))
      }
      const ratios = polls.map((poll, at) => poll.requestsPerS / selects[at]!.requestsPerS)
      const others: Record<string, unknown> = {}
      for (const { path, as } of calls) {
        const route = marketplace(`/api/${path}`, (as === 'user' ? user : printer).token, 200)
        const selects = { ...bare, url: `${bare.url}/${path}`, status: 200 as const }
        others[path] = await compareOnce(route, selects)
      }
      const ask = () => fetch(`${url}/api/printers?limit=1`, { headers: { authorization: `Bearer ${user.token}` } })
      const tokens = await tokensOf(market, own.userId, idlePolls)
      const idle = await waitIdle(`${url}/api/get-print-job`, child.pid!, tokens, ask)
      return {
        ratio_to_select: round(median(ratios), 2),
        ratio_range: range(ratios, 2),
        cpu_ratio_to_select: round(median(polls.map((poll, at) => selects[at]!.cpuUs / poll.cpuUs)), 2),
        polls_per_s: Math.round(median(polls.map(poll => poll.requestsPerS))),
        selects_per_s: Math.round(median(selects.map(select => select.requestsPerS))),
        poll_cpu_us: Math.round(median(polls.map(poll => poll.cpuUs))),
        select_cpu_us: Math.round(median(selects.map(select => select.cpuUs))),
        poll_p99_ms: median(polls.map(poll => poll.p99Ms)),
        others,
        idle_polls: idlePolls,
        idle_poll_kb: idle.kbEach,
        rss_mb_with_idle_polls: idle.rssMb,
        answer_ms_with_idle_polls: idle.answerMs,
        pairs,
      }
    } finally {
      await started.stop()
    }
  })
}

/** One pair, after a second for each in which V8 compiles. */
async function compareOnce(route: Target, selects: Target) {
  for (const target of [route, selects]) await load(target, 1)
  const [ours, bare] = [await load(route, seconds), await load(selects, seconds)]
  return {
    ratio_to_select: round(ours.requestsPerS / bare.requestsPerS, 2),
    cpu_ratio_to_select: round(bare.cpuUs / ours.cpuUs, 2),
    requests_per_s: Math.round(ours.requestsPerS),
    cpu_us: Math.round(ours.cpuUs),
  }
}

function pairsOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { pairs: { type: 'string', default: '5' } } })
  const pairs = Number(values.pairs)
  if (!(pairs >= 1)) throw new Error('--pairs takes a number of at least 1.')
  return pairs
}
