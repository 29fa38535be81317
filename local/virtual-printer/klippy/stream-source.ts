import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { GcodeError, PrintRefusal } from './gcode-line.ts'
import { createBell, createLineBuffer, type LineSource } from './line-source.ts'

export interface StreamOptions {
  /** The stub's absolute path, shown by the file list and a shutdown's dump. */
  name: string
  job: string
  socketPath: string
  openTimeoutMs: number
  /** Shows a line on the console, such as the edge's reason for a wait. */
  say: (text: string) => void
  /** Called once, with the answer's number of layers. */
  onOpen: (layers: number) => void
  /** The edge has ended the print before it began. */
  onCancel: (text: string) => void
  /** The print has ended. */
  onClose: () => void
}

const answer = z.union([
  z.object({ wait: z.string() }),
  z.object({ error: z.string() }),
  z.object({ cancel: z.string() }),
  z.object({ size: z.int().min(0), offset: z.int().min(0), name: z.string(), layers: z.int().min(0) }),
])

const highWater = 256 * 1024
const longestAnswer = 4096
const shortestBackoffMs = 50
const longestBackoffMs = 500
/** Length of one wait for lines; between waits the print's loop checks whether it should pause. */
const waitMs = 50

/**
 * The extra's side of the edge's socket, as Klipper runs it: asks for a job from a byte on, takes {"wait"} answers as
 * signs of life, then the raw lines; a connection that breaks is made again at the byte that comes next.
 * Connects only in `more`, so that nothing is asked for a print that is paused or has ended in error.
 */
export function openStreamSource(options: StreamOptions): LineSource {
  const buffer = createLineBuffer()
  const bell = createBell()
  let socket: Socket | null = null
  let head: Buffer | null = null
  let size: number | null = null
  let received = 0
  let failure: string | null = null
  let isClosed = false
  let isCancelled = false
  let backoffMs = shortestBackoffMs
  let nextTry = 0
  let patience = 0

  const isComplete = () => size !== null && received === size

  function fail(text: string): void {
    failure ??= text
    buffer.clear()
    disconnect()
    bell.wake()
  }

  function disconnect(): void {
    socket?.destroy()
    socket = null
    head = null
  }

  function connectNow(): void {
    nextTry = Date.now() + backoffMs
    backoffMs = Math.min(longestBackoffMs, backoffMs * 2)
    const own = connect(options.socketPath)
    socket = own
    head = Buffer.alloc(0)
    own.write(`${JSON.stringify({ job: options.job, offset: received, version: '1.0.0' })}\n`)
    own.on('data', data => {
      if (socket === own) take(data)
    })
    own.on('error', () => own.destroy())
    own.on('close', () => {
      if (socket !== own) return
      disconnect()
      bell.wake()
    })
  }

  function take(data: Buffer): void {
    const lines = head === null ? data : takeAnswers(Buffer.concat([head, data]))
    if (lines && lines.length > 0) {
      received += lines.length
      if (size !== null && received > size) fail('the LMNT service sent more bytes than the file has')
      else buffer.add(lines)
      if (buffer.bytes() >= highWater) socket?.pause()
    }
    bell.wake()
  }

  /** Reads JSON lines up to the one with the size. Returns the first bytes of the lines, which may follow immediately. */
  function takeAnswers(bytes: Buffer): Buffer | null {
    head = bytes
    for (;;) {
      const end = head.indexOf(0x0a)
      if (end < 0) {
        if (head.length > longestAnswer) fail('the answer of the LMNT service is not understood')
        return null
      }
      const parsed = readAnswer(head.subarray(0, end))
      if (!parsed) return null
      head = head.subarray(end + 1)
      if ('size' in parsed) {
        const rest = head
        head = null
        return rest
      }
    }
  }

  function readAnswer(line: Buffer): z.infer<typeof answer> | null {
    const parsed = answer.safeParse(parseJson(line))
    if (!parsed.success) {
      fail('the answer of the LMNT service is not understood')
      return null
    }
    const message = parsed.data
    if ('error' in message) {
      fail(message.error)
      return null
    }
    patience = Date.now() + options.openTimeoutMs
    if ('cancel' in message) {
      isCancelled = true
      options.onCancel(message.cancel)
    } else if ('wait' in message) options.say(message.wait)
    else if (message.offset !== received || (size !== null && message.size !== size)) {
      fail('the file changed while it was printed')
      return null
    } else {
      backoffMs = shortestBackoffMs
      if (size === null) {
        size = message.size
        options.onOpen(message.layers)
      }
    }
    return message
  }

  /** One look after the connection. */
  function tend(): void {
    if (isCancelled) return
    const now = Date.now()
    if (patience === 0) patience = now + options.openTimeoutMs
    if (size === null && now > patience) fail('the LMNT service is not running: start it, then print the file again')
    else if (!socket && !isComplete() && now >= nextTry) connectNow()
  }

  return {
    name: options.name,
    size: () => size ?? 0,
    isBegun: () => size !== null,
    peek() {
      if (failure !== null) throw new (size === null ? PrintRefusal : GcodeError)(`LMNT: ${failure}`)
      return buffer.lines(isComplete()) ?? (isComplete() ? 'end' : 'starved')
    },
    consume(bytes) {
      buffer.consume(bytes)
      if (socket?.isPaused() && buffer.bytes() < highWater / 2) socket.resume()
    },
    async more() {
      if (isClosed || failure !== null) return
      tend()
      await bell.wait(waitMs)
    },
    drop() {
      isClosed = true
      options.onClose()
      buffer.clear()
      disconnect()
      bell.wake()
    },
    close({ ended, position }) {
      if (isClosed) return
      isClosed = true
      options.onClose()
      socket?.end(`${JSON.stringify({ op: 'close', ended, position })}\n`)
      // Later data is read and dropped, so that a reset of the connection does not lose the goodbye.
      socket?.resume()
      socket = null
      buffer.clear()
      bell.wake()
    },
  }
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return null
  }
}
