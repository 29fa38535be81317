import WebSocket from 'ws'

/** A printer's Moonraker as Mainsail and Fluidd see it: JSON-RPC over a websocket. */
export interface Printer {
  call: <T>(method: string, params?: Record<string, unknown>) => Promise<T>
  close: () => void
}

const timeoutMs = 15_000

export async function connectPrinter(url: string): Promise<Printer> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/websocket`)
  const pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let count = 0
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('message', data => {
    const message = JSON.parse(String(data))
    const waiting = pending.get(message.id)
    if (!waiting) return
    pending.delete(message.id)
    if (message.error) waiting.reject(new Error(message.error.message))
    else waiting.resolve(message.result as never)
  })
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(new Error('the printer closed the connection'))
  })

  return {
    call(method, params = {}) {
      const id = ++count
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${method} was not answered`)), timeoutMs)
        pending.set(id, {
          resolve: value => {
            clearTimeout(timer)
            resolve(value)
          },
          reject: error => {
            clearTimeout(timer)
            reject(error)
          },
        })
        socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }))
      })
    },
    close: () => socket.close(),
  }
}
