import type { Socket } from 'node:net'
import { z } from 'zod'
import { AppError } from '../../../schema/http/errors.ts'
import { idSchema } from '../../../schema/http/ids.ts'

export const streamRequest = z.object({
  /** The purchase that the stub names. */
  job: idSchema('purchase'),
  offset: z.int().min(0),
  version: z.string().max(40),
})
export type StreamRequest = z.infer<typeof streamRequest>

const goodbyeSchema = z.object({ op: z.literal('close'), ended: z.boolean(), position: z.number() })
export type Goodbye = z.infer<typeof goodbyeSchema>

export type Answer =
  | { wait: string }
  | { error: string }
  /** The print ends as cancelled, and nothing moves. */
  | { cancel: string }
  | { size: number; offset: number; name: string; layers: number }

/** One connection to Klipper's extra. */
export interface StreamPeer {
  /** The first message. Rejects when it does not come in time, or is not a request. */
  request: Promise<StreamRequest>
  /** Aborted when the connection is closed, or the extra has said goodbye. */
  closed: AbortSignal
  /** The listener is called at the goodbye: the print of the stream is over. */
  onGoodbye: (listener: (goodbye: Goodbye) => void) => void
  answer: (answer: Answer) => void
  /** Sends lines and wipes them; resolves when there is room for more. */
  send: (lines: Buffer) => Promise<void>
  /** Ends the connection after what was written. */
  end: () => void
  /** Closes the connection at once: unread bytes are lost, and the extra requests them again. */
  breakOff: () => void
}

const longestLine = 4096

export function createStreamPeer(socket: Socket, requestMs: number): StreamPeer {
  const closed = new AbortController()
  let accept: (request: StreamRequest) => void
  let reject: (error: Error) => void
  const request = new Promise<StreamRequest>((resolve, rejected) => {
    accept = resolve
    reject = rejected
  })
  let goodbye: ((goodbye: Goodbye) => void) | undefined
  let isAsked = false
  let text = ''

  const timer = setTimeout(() => refuse(), requestMs)
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      receive(text.slice(0, end))
      text = text.slice(end + 1)
    }
    if (text.length > longestLine) socket.destroy()
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    clearTimeout(timer)
    refuse()
    closed.abort()
  })
  request.catch(() => {})

  function receive(line: string): void {
    const message = parseJson(line)
    if (isAsked) receiveGoodbye(message)
    else receiveRequest(message)
  }

  function receiveRequest(message: unknown): void {
    isAsked = true
    clearTimeout(timer)
    const parsed = streamRequest.safeParse(message)
    if (parsed.success) accept(parsed.data)
    else refuse()
  }

  function receiveGoodbye(message: unknown): void {
    const parsed = goodbyeSchema.safeParse(message)
    if (!parsed.success) return
    goodbye?.(parsed.data)
    closed.abort()
  }

  function refuse(): void {
    reject(new AppError('print_refused', 'This file names no LMNT purchase.'))
  }

  return {
    request,
    closed: closed.signal,
    onGoodbye(listener) {
      goodbye = listener
    },
    answer(answer) {
      if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`)
    },
    send: lines =>
      new Promise(resolve => {
        if (socket.destroyed) return resolve()
        const hasRoom = socket.write(lines, () => lines.fill(0))
        if (hasRoom) return resolve()
        const done = () => {
          socket.off('drain', done)
          socket.off('close', done)
          resolve()
        }
        socket.on('drain', done)
        socket.on('close', done)
      }),
    end: () => socket.end(),
    breakOff: () => socket.destroy(),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
