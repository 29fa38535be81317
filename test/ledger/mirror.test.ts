/** A mirror node that answers with more than it should. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { mirrorClient } from '../../ledger/mirror.ts'
import { isAppError } from '../../schema/http/errors.ts'

test('an answer without end is refused after 2 MiB, and its connection closed', async () => {
  let sent = 0
  let closed = () => {}
  const isClosed = new Promise<void>(resolve => (closed = resolve))
  const server = createServer((_request, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' })
    const piece = Buffer.alloc(64 * 1024, ' ')
    const send = () => {
      while (!answer.destroyed) {
        sent += piece.length
        if (!answer.write(piece)) return
      }
    }
    answer.on('drain', send)
    answer.on('close', closed)
    send()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const mirror = mirrorClient(`http://127.0.0.1:${port}`, 10_000)
    const error = await mirror.get('/transactions', z.unknown()).catch((error: unknown) => error)
    assert.ok(isAppError(error, 'ledger_unavailable'), String(error))
    assert.match(String(error.cause), 'larger than 2097152 bytes')
    await isClosed
    // What the sockets of both sides buffer comes on top.
    assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes were sent`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test.run()
