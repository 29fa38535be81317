import { type ChildProcess, spawn } from 'node:child_process'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../local/free-port.ts'
import { cpuClock } from '../klippy/cpu-clock.ts'
import { end } from '../process/end.ts'

const lookEveryMs = 5
const limitMs = 60_000

export interface Ask {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  /** The expected status once the token is accepted. */
  status: number
}

export interface Started {
  livezSeconds: number
  /** The process's CPU time until then: other programs on the same cores distort it less. */
  livezCpuSeconds: number
  authenticatedSeconds: number
}

/** Starts the program and asks it until it answers: at /livez, then with a token. Seconds from the start of the process. */
export async function timeStart(file: string, env: Record<string, string>, ask?: Ask): Promise<Started> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const url = `http://127.0.0.1:${port}`
    await untilAnswered(child, 200, () => statusOf(`${url}/livez`))
    const livezSeconds = (performance.now() - began) / 1000
    const livezCpuSeconds = cpuClock(String(child.pid))()
    if (ask) await untilAnswered(child, ask.status, () => statusOf(url + ask.path, ask))
    return { livezSeconds, livezCpuSeconds, authenticatedSeconds: (performance.now() - began) / 1000 }
  } finally {
    await end(child)
  }
}

async function untilAnswered(child: ChildProcess, status: number, look: () => Promise<number | null>): Promise<void> {
  const deadline = performance.now() + limitMs
  for (let last: number | null = null; last !== status; ) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}.`)
    if (performance.now() > deadline) throw new Error(`${child.spawnargs.join(' ')} answered ${last}, not ${status}.`)
    last = await look()
    if (last !== status) await sleep(lookEveryMs)
  }
}

/** Null while nobody listens. */
function statusOf(url: string, ask?: Ask): Promise<number | null> {
  return new Promise(resolve => {
    const { method = 'GET', headers = {} } = ask ?? {}
    const sent = request(url, { method, headers, agent: false }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? null))
    })
    sent.on('error', () => resolve(null))
    sent.end(method === 'POST' ? '{}' : undefined)
  })
}
