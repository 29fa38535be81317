import type { Hono } from 'hono'
import type { WebEnv } from '../env.ts'
import { requireWatcher } from '../guard.ts'
import type { WebParts } from '../parts.ts'

/** What a client may leave unread before its stream is ended: it then begins again with the whole state. */
const mostUnread = 512 * 1024

/** api/events: one stream for a page. */
export function eventRoutes(app: Hono<WebEnv>, parts: WebParts): void {
  app.get('/api/events', async c => {
    requireWatcher(parts, c)
    // nginx would hold the events back.
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
    // Hono runs this for HEAD, too, and drops the body: a stream that nobody reads, and nobody closes.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers)
    const hub = parts.hubOf(c.get('edge'))
    const encoder = new TextEncoder()
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    let leave = () => {}
    let isOver = false
    const body = new ReadableStream<Uint8Array>(
      {
        start(given) {
          controller = given
        },
        cancel() {
          isOver = true
          leave()
        },
      },
      { highWaterMark: mostUnread, size: chunk => chunk?.length ?? 0 },
    )
    const client = {
      address: c.get('caller').address,
      sessionId: parts.sessions.peek(c.get('sessionId')) ? c.get('sessionId') : undefined,
      mayWatch() {
        try {
          requireWatcher(parts, c)
          return true
        } catch {
          return false
        }
      },
      send(text: string) {
        if (isOver || !controller) return false
        controller.enqueue(encoder.encode(text))
        return (controller.desiredSize ?? 0) > 0
      },
      end() {
        if (isOver) return
        isOver = true
        controller?.close()
      },
    }
    client.send('retry: 2000\n\n')
    leave = await hub.open(client, c.req.header('last-event-id'))
    if (isOver) leave()
    return c.body(body, 200, headers)
  })
}
