import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Connects the Klipper extra to the edge, so that a test can hold a print in the middle, slow it down, or cut the connection at a
 * byte. Klippy has no motor to wait for: without a relay a print ends as soon as its lines have arrived.
 *
 * It counts the job's bytes that it has passed to the extra; the JSON lines before them ({"wait"}, the answer) pass uncounted.
 */
export interface Relay {
  /** The socket to which the extra connects; exists only while the relay is open. */
  path: string
  open: () => Promise<void>
  close: () => Promise<void>
  /** Passes lines up to this byte of the job. */
  holdAt: (byte: number) => void
  /** Passes this many bytes every 10 ms, up to the byte `upTo`. */
  trickle: (bytes: number, upTo?: number) => void
  /** Passes all lines as they arrive. */
  flow: () => void
  /** Cuts the connection at each of these bytes of the job, once. */
  cutAt: (bytes: readonly number[]) => void
  /** Number of those cuts still to come. */
  cutsLeft: () => number
  /** Cuts all connections; data in transit is lost. */
  breakOff: () => void
}

const trickleMs = 10

export function createRelay(path: string, edgePath: string): Relay {
  const pipes = new Set<Pipe>()
  let server: Server | null = null
  let timer: NodeJS.Timeout | undefined
  const rules: Rules = { limit: Number.POSITIVE_INFINITY, cuts: [] }

  function letOut(limit: number): void {
    rules.limit = limit
    for (const pipe of pipes) pipe.pass()
  }
  function breakOff(): void {
    for (const pipe of pipes) pipe.breakOff()
  }
  function setLimit(limit: number): void {
    clearInterval(timer)
    letOut(limit)
  }

  return {
    path,
    async open() {
      if (server) return
      await rm(path, { force: true })
      server = createServer({ allowHalfOpen: true }, extra => {
        const pipe = createPipe(extra, edgePath, rules, () => pipes.delete(pipe))
        pipes.add(pipe)
      })
      server.listen(path)
      await once(server, 'listening')
    },
    async close() {
      setLimit(Number.POSITIVE_INFINITY)
      rules.cuts = []
      if (!server) return
      const closed = once(server, 'close')
      server.close()
      server = null
      breakOff()
      await closed
    },
    holdAt: setLimit,
    trickle(bytes, upTo = Number.POSITIVE_INFINITY) {
      const furthest = () => Math.max(0, ...[...pipes].map(pipe => pipe.position()))
      const handOut = () => letOut(Math.min(upTo, furthest() + bytes))
      clearInterval(timer)
      timer = setInterval(handOut, trickleMs)
      handOut()
    },
    flow: () => setLimit(Number.POSITIVE_INFINITY),
    cutAt(bytes) {
      rules.cuts = [...bytes].sort((a, b) => a - b)
    },
    cutsLeft: () => rules.cuts.length,
    breakOff,
  }
}

/** Rules for all connections; `cuts` in rising order. */
interface Rules {
  limit: number
  cuts: number[]
}

interface Pipe {
  position: () => number
  /** Passes everything that the rules allow now. */
  pass: () => void
  breakOff: () => void
}

const newline = 0x0a

/** A connection of the extra, joined to a new connection to the edge. */
function createPipe(extra: Socket, edgePath: string, rules: Rules, onGone: () => void): Pipe {
  const edge = connect({ path: edgePath, allowHalfOpen: true })
  /** The job's next byte; null until the edge's answer says where the lines begin. */
  let position: number | null = null
  let waiting = Buffer.alloc(0)
  let isEdgeDone = false

  function breakOff(): void {
    waiting = Buffer.alloc(0)
    extra.destroy()
    edge.destroy()
    onGone()
  }

  function pass(): void {
    if (position === null) passAnswers()
    if (position !== null) passLines()
    if (isEdgeDone && waiting.length === 0) extra.end()
  }

  function passAnswers(): void {
    for (let end = waiting.indexOf(newline); position === null && end >= 0; end = waiting.indexOf(newline)) {
      const line = waiting.subarray(0, end + 1)
      waiting = waiting.subarray(end + 1)
      const answer = JSON.parse(line.toString()) as { size?: number; offset?: number }
      if (answer.size !== undefined) position = answer.offset ?? 0
      extra.write(line)
    }
  }

  function passLines(): void {
    if (position === null) return
    const cut = rules.cuts[0] ?? Number.POSITIVE_INFINITY
    const count = Math.max(0, Math.min(waiting.length, rules.limit - position, cut - position))
    if (count > 0) extra.write(waiting.subarray(0, count))
    waiting = waiting.subarray(count)
    position += count
    if (position >= cut) {
      rules.cuts = rules.cuts.filter(byte => byte > (position ?? 0))
      breakOff()
    } else if (waiting.length > 0 || extra.writableNeedDrain) edge.pause()
    else edge.resume()
  }

  edge.on('data', chunk => {
    waiting = Buffer.concat([waiting, chunk])
    pass()
  })
  const onEdgeDone = () => {
    isEdgeDone = true
    pass()
  }
  edge.on('end', onEdgeDone)
  edge.on('close', onEdgeDone)
  extra.on('data', chunk => edge.write(chunk))
  extra.on('drain', pass)
  extra.on('end', () => edge.end())
  extra.on('close', breakOff)
  // A 'close' follows.
  for (const socket of [extra, edge]) socket.on('error', () => {})
  return { position: () => position ?? 0, pass, breakOff }
}
