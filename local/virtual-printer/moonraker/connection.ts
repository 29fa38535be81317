import type { WebSocket } from 'ws'
import { z } from 'zod'

/** A refusal with the code that Moonraker's JSON-RPC uses: an HTTP status, or one of JSON-RPC's own. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

const message = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
})
type Message = z.infer<typeof message>

export interface ClientIdentity {
  name: string
  version: string
  type: string
  url: string
}

export interface Connection {
  id: number
  identity: ClientIdentity | null
  notify: (method: string, params?: unknown[]) => void
  /** Calls a method of the agent at the other end. Moonraker sets no time limit. */
  call: (method: string, params: Record<string, unknown> | undefined) => Promise<unknown>
  /** Calls a remote method of the agent, with named params, and wants no answer. */
  tell: (method: string, params: Record<string, unknown>) => void
  breakOff: () => void
}

export type Dispatch = (connection: Connection, method: string, params: Record<string, unknown>) => Promise<unknown>

/** Agents are called with ids as large as these, and ids come back after a while. */
const firstCallId = 139_872_345_678_912
const callIds = 64

/** JSON-RPC 2.0 over one websocket, in both directions. */
export function acceptConnection(socket: WebSocket, id: number, dispatch: Dispatch): Connection {
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let calls = 0

  const connection: Connection = {
    id,
    identity: null,
    notify: (method, params) => send({ jsonrpc: '2.0', method, ...(params ? { params } : {}) }),
    call: (method, params) =>
      new Promise((resolve, reject) => {
        const callId = firstCallId + (calls++ % callIds) * 64
        pending.set(callId, { resolve, reject })
        const hasParams = params !== undefined && Object.keys(params).length > 0
        send({ jsonrpc: '2.0', method, ...(hasParams ? { params } : {}), id: callId })
      }),
    tell: (method, params) => send({ jsonrpc: '2.0', method, ...(Object.keys(params).length > 0 ? { params } : {}) }),
    breakOff: () => socket.terminate(),
  }

  function send(body: unknown): void {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(body))
  }

  async function take(text: string): Promise<void> {
    const parsed = message.safeParse(parseJson(text))
    if (!parsed.success) return send({ jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null })
    if (parsed.data.method === undefined) return takeAnswer(parsed.data)
    const requestId = parsed.data.id
    try {
      const result = await dispatch(connection, parsed.data.method, parsed.data.params ?? {})
      if (requestId !== undefined) send({ jsonrpc: '2.0', result, id: requestId })
    } catch (error) {
      const known = error instanceof RpcError ? error : new RpcError(500, String(error))
      const { code, data } = known
      const body = { code, message: known.message, ...(data === undefined ? {} : { data }) }
      if (requestId !== undefined) send({ jsonrpc: '2.0', error: body, id: requestId })
    }
  }

  function takeAnswer(answer: Message): void {
    const waiting = pending.get(Number(answer.id))
    pending.delete(Number(answer.id))
    // As Moonraker: an answer without a result is an error.
    if (answer.result !== undefined && answer.result !== null) waiting?.resolve(answer.result)
    else waiting?.reject(new RpcError(424, `Agent ${connection.identity?.name} RPC error`, answer.error))
  }

  socket.on('message', data => void take(String(data)))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(new RpcError(424, 'Agent disconnected'))
    pending.clear()
  })
  return connection
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
