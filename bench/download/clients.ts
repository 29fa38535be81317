import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Source {
  url: string
  headers?: Record<string, string>
}

/** Downloads everything as fast as it comes, and returns MB/s. Throws unless it has this many bytes. */
export async function downloadRate(source: Source, bytes: number): Promise<number> {
  const began = performance.now()
  const response = await open(source)
  let received = 0
  for await (const piece of response) received += (piece as Buffer).length
  if (received !== bytes) throw new Error(`${source.url} sent ${received} bytes instead of ${bytes}.`)
  return bytes / 1e6 / ((performance.now() - began) / 1000)
}

/** Lets clients read for so many seconds, each at most at this rate, and returns MB/s of all together. */
export async function slowRate(
  source: Source,
  { clients, mbPerS, seconds }: { clients: number; mbPerS: number; seconds: number },
): Promise<number> {
  const until = performance.now() + seconds * 1000
  const counts = await Promise.all(
    Array.from({ length: clients }, async () => {
      const response = await open(source)
      let received = 0
      for await (const piece of response) {
        received += (piece as Buffer).length
        if (performance.now() >= until) break
        await sleep(((piece as Buffer).length / 1e6 / mbPerS) * 1000)
      }
      return received
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0) / 1e6 / seconds
}

function open({ url, headers = {} }: Source): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, response => {
      if (response.statusCode === 200) return resolve(response)
      response.resume()
      reject(new Error(`${url} answered ${response.statusCode}.`))
    }).on('error', reject)
  })
}
