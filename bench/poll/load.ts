import autocannon from 'autocannon'
import { cpuClock } from '../klippy/cpu-clock.ts'

export interface Target {
  url: string
  /** The process that answers. */
  pid: number
  headers?: Record<string, string>
  /** The status of every answer. */
  status: 200 | 204
}

export interface Load {
  requestsPerS: number
  /** CPU time of the answering process for one request. */
  cpuUs: number
  p99Ms: number
}

/** Sends requests on 32 connections for `seconds`. Throws when an answer has another status. */
export async function load({ url, pid, headers = {}, status }: Target, seconds: number): Promise<Load> {
  const cpu = cpuClock(String(pid))
  const before = cpu()
  const { duration, latency, statusCodeStats, errors } = await autocannon({
    url,
    headers,
    connections: 32,
    duration: seconds,
  })
  const answered = statusCodeStats?.[`${status}`]?.count ?? 0
  const others = Object.keys(statusCodeStats ?? {}).filter(code => code !== String(status))
  if (others.length > 0 || errors > 0) throw new Error(`${url} answered ${others.join(', ')}, with ${errors} errors.`)
  return { requestsPerS: answered / duration, cpuUs: ((cpu() - before) / answered) * 1e6, p99Ms: latency.p99 }
}
