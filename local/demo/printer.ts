import WebSocket from 'ws'

/** A printer's Moonraker as Mainsail and Fluidd see it: JSON-RPC over a websocket. */
export interface Printer {
  call: <T>(method: string, params?: Record<string, unknown>) => Promise<T>
  close: () => void
}

/** How many lines of its last job the printer ran, and the hash of those lines. */
export interface LastRun {
  lines: number
  sha256: string
}

const timeoutMs = 15_000
/** The Klipper object of local/printer/lmnt_line_record.py. */
const record = 'lmnt_line_record'

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
    for (const { reject } of pending.values()) reject(new Error('The printer closed the connection.'))
  })

  return {
    call(method, params = {}) {
      const id = ++count
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`The printer did not answer ${method} within ${timeoutMs / 1000} s.`)),
          timeoutMs,
        )
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

/** The record of the last job: from an extra on real Klippy, from a JSON-RPC method on the virtual printer. */
export async function lastRun({ call }: Printer): Promise<LastRun> {
  const { objects } = await call<{ objects: string[] }>('printer.objects.list')
  if (!objects.includes(record)) return call<LastRun>('virtual_printer.last_run')
  const { status } = await call<{ status: Record<string, LastRun> }>('printer.objects.query', {
    objects: { [record]: null },
  })
  const run = status[record]
  if (!run) throw new Error(`Klipper has no status of ${record}. Check that [${record}] is in printer.cfg.`)
  return run
}
