import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Twist } from './fault-plan.ts'

/** A fault for the next requests whose path contains `path`. */
export interface Armed {
  twist: Twist | 'pass'
  path: string
  times: number
  ms: number
  /** Called when a request is hit, with the number of the instance that received it. */
  then?: (instance: number) => void
}

export interface FrontEnd {
  url: string
  arm: (fault: Armed) => void
  /** Removes all faults. */
  calm: () => void
  close: () => Promise<void>
}

const largestBody = 8 * 1024 * 1024

/**
 * A load balancer over the instances of one service that can lose requests (refuse), answers (lose, after the work
 * was done) and parts of answers (cut), hold answers back (delay), and send a request twice at the same time (double). A
 * request whose instance cannot be reached goes to the next one. Each fault that hit a request is passed to `struck`.
 */
export async function startFront(instances: string[], struck: (text: string) => void): Promise<FrontEnd> {
  const agent = new Agent({ keepAlive: true })
  let armed: Armed[] = []
  let turn = 0

  function take(path: string): Armed | undefined {
    const found = armed.find(one => path.includes(one.path))
    if (!found) return undefined
    found.times -= 1
    armed = armed.filter(one => one.times > 0)
    return found
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url ?? '/'
    const body = await collect(req)
    const fault = take(path)
    if (fault && fault.twist !== 'pass') struck(`${fault.twist} ${req.method} ${path.split('?')[0]}`)
    if (fault?.twist === 'refuse') return void req.socket.destroy()
    const gone = new AbortController()
    res.once('close', () => gone.abort())
    // The answer to the duplicate is discarded.
    if (fault?.twist === 'double') send(req, body, new AbortController().signal).then(drain, () => {})
    const upstream = await send(req, body, gone.signal, fault?.then)
    if (fault?.twist === 'lose') {
      await drain(upstream)
      return void req.socket.destroy()
    }
    if (fault?.twist === 'delay') await sleep(fault.ms)
    if (fault?.twist === 'cut') {
      const whole = await collect(upstream)
      res.writeHead(upstream.statusCode ?? 502, { ...upstream.headers, 'content-length': whole.length + 1 })
      res.write(whole.subarray(0, whole.length / 2), () => req.socket.destroy())
      return
    }
    res.writeHead(upstream.statusCode ?? 502, upstream.headers)
    upstream.pipe(res)
    // The instance died in the middle of its answer.
    upstream.once('error', () => req.socket.destroy())
  }

  /** Sends to the next instance in turn, or to another if that refuses the connection. Rejects when an instance breaks off. */
  async function send(
    req: IncomingMessage,
    body: Buffer,
    signal: AbortSignal,
    sent: Armed['then'] = () => {},
  ): Promise<IncomingMessage> {
    const first = turn++
    for (let tried = 0; ; tried++) {
      const index = (first + tried) % instances.length
      try {
        const answer = sendTo(instances[index]!, req, body, signal)
        sent(index)
        return await answer
      } catch (error) {
        const isDown = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
        if (!isDown || tried + 1 >= instances.length) throw error
      }
    }
  }

  function sendTo(instance: string, req: IncomingMessage, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', headers } = req
      const sent = request(instance + req.url, { method, headers, agent, signal })
      sent.once('error', reject)
      sent.once('response', resolve)
      sent.end(body)
    })
  }

  const server = createServer((req, res) => {
    answer(req, res).catch(() => req.socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arm: fault => void armed.push({ ...fault }),
    calm: () => {
      armed = []
    },
    close: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
        agent.destroy()
      }),
  }
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > largestBody) throw new Error('this front end takes small bodies only')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function drain(stream: IncomingMessage): Promise<void> {
  for await (const _ of stream);
}
