import { z } from 'zod'
import type { Log } from '../../runtime/log.ts'
import { AppError } from '../../schema/http/errors.ts'

/** An error that Moonraker, or Klipper through it, answered a call with. */
export class MoonrakerError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'MoonrakerError'
    this.code = code
  }
}

export interface CallOptions<T> {
  timeoutMs?: number
  /** Called with the result at once, before any later message is handled. */
  onResult?: (result: T) => void
}

export interface RpcOptions {
  send: (text: string) => boolean
  /** Handles a call from Moonraker; resolves with the answer. */
  onRequest: (method: string, params: unknown) => Promise<unknown>
  /** Handles a notification: Moonraker's own have positional params, Klipper's calls of our methods have named ones. */
  onNotification: (method: string, params: unknown[] | Record<string, unknown>) => void
  /** Moonraker itself waits for ever, so every request is answered within this time. */
  answerMs: number
  callMs: number
  log: Log
}

export interface Rpc {
  /** Errors: MoonrakerError for a refusal; printer_offline when there is no connection, no answer in time, or nonsense. */
  call: <T extends z.ZodType>(
    method: string,
    params: object | undefined,
    answer: T,
    options?: CallOptions<z.infer<T>>,
  ) => Promise<z.infer<T>>
  receive: (text: string) => void
  /** The connection is gone: no call in flight will be answered. */
  reset: () => void
}

const id = z.union([z.number(), z.string()])
const notificationParams = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
const messageSchema = z.union([
  z.object({ id, method: z.string(), params: z.unknown().optional() }),
  z.object({ method: z.string(), params: notificationParams.default([]) }),
  z.object({ id, error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ id, result: z.unknown() }),
])

interface Pending {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** JSON-RPC 2.0 in both directions over one socket that may come and go. */
export function createRpc(options: RpcOptions): Rpc {
  const { log } = options
  const pending = new Map<number, Pending>()
  let lastId = 0

  function receive(text: string): void {
    const parsed = messageSchema.safeParse(parseJson(text))
    if (parsed.success) handle(parsed.data)
    else log.warn({}, 'Moonraker sent something that is not JSON-RPC')
  }

  function handle(message: z.infer<typeof messageSchema>): void {
    if ('method' in message) {
      if ('id' in message) void answer(message.id, message.method, message.params)
      else options.onNotification(message.method, message.params)
      return
    }
    const waiting = pending.get(Number(message.id))
    pending.delete(Number(message.id))
    if ('error' in message) waiting?.reject(new MoonrakerError(message.error.code, message.error.message))
    else waiting?.resolve(message.result)
  }

  async function answer(requestId: number | string, method: string, params: unknown): Promise<void> {
    let body: object
    try {
      const late = new AppError('unavailable', 'The LMNT service took too long. Try again.')
      // Moonraker takes an empty result for an error.
      body = { result: (await withDeadline(options.onRequest(method, params), options.answerMs, late)) ?? {} }
    } catch (error) {
      body = { error: describe(error, method) }
    }
    options.send(JSON.stringify({ jsonrpc: '2.0', ...body, id: requestId }))
  }

  function describe(error: unknown, method: string): object {
    const appError =
      error instanceof AppError ? error : new AppError('internal', 'Something went wrong in the edge. See its log.')
    if (appError !== error) log.error({ err: error, method }, 'an agent method failed')
    return { code: appError.status, message: appError.message, data: { code: appError.code, ...appError.details } }
  }

  return {
    receive,
    call: (method, params, schema, { timeoutMs = options.callMs, onResult } = {}) =>
      new Promise((resolve, reject) => {
        const callId = ++lastId
        const timer = setTimeout(
          () => fail(new AppError('printer_offline', 'Moonraker did not answer in time.')),
          timeoutMs,
        )
        const fail = (error: Error) => {
          clearTimeout(timer)
          pending.delete(callId)
          reject(error)
        }
        pending.set(callId, {
          reject: fail,
          resolve(result) {
            const parsed = schema.safeParse(result)
            if (!parsed.success)
              return fail(new AppError('printer_offline', `Moonraker's answer to ${method} is not understood.`))
            clearTimeout(timer)
            onResult?.(parsed.data)
            resolve(parsed.data)
          },
        })
        const body = { jsonrpc: '2.0', method, ...(params ? { params } : {}), id: callId }
        if (!options.send(JSON.stringify(body))) fail(new AppError('printer_offline', 'Moonraker is not connected.'))
      }),
    reset() {
      const unanswered = [...pending.values()]
      pending.clear()
      for (const { reject } of unanswered)
        reject(new AppError('printer_offline', 'The connection to Moonraker was lost.'))
    },
  }
}

async function withDeadline<T>(promise: Promise<T>, ms: number, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), ms)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
