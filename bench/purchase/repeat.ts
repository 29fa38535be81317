import { percentile, round } from '../report/statistics.ts'

/** How often workers have done their work, and how long each time took. */
export interface Pace {
  /** Of all workers together. */
  perS: number
  p50Ms: number
  p99Ms: number
}

/** Lets each worker repeat its work for so many seconds, one after the other. */
export async function repeat(workers: (() => Promise<void>)[], seconds: number): Promise<Pace> {
  const began = performance.now()
  const until = began + seconds * 1000
  const times: number[] = []
  await Promise.all(
    workers.map(async work => {
      while (performance.now() < until) {
        const start = performance.now()
        await work()
        times.push(performance.now() - start)
      }
    }),
  )
  return {
    perS: round(times.length / ((performance.now() - began) / 1000), 1),
    p50Ms: Math.round(percentile(times, 50)),
    p99Ms: Math.round(percentile(times, 99)),
  }
}
