import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startRealPrinter } from '../../local/printer/start.ts'
import { environment } from '../make/printer-real/set-up.ts'

const test = suite('the start of real Klippy and Moonraker')
const it = environment ? test : test.skip

/** Another Moonraker, as far as one asks it. */
async function serveReady(): Promise<{ server: Server; port: number }> {
  const answer = JSON.stringify({ result: { klippy_state: 'ready' } })
  const server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

it('is repeated with another port when another program has taken the chosen one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-start-'))
  const { server, port } = await serveReady()
  const at = { environment: environment!, dataDir: join(dir, 'data'), streamSocket: join(dir, 'stream.sock') }
  try {
    await assertRejects(startRealPrinter({ ...at, port }), `EADDRINUSE: address already in use 127.0.0.1:${port}`)
    // The second choice is the system's.
    const { server: free, port: another } = await serveReady()
    free.close()
    const choices = [port, another]
    const printer = await startRealPrinter({ ...at, choosePort: async () => choices.shift()! })
    await printer.close()
    assert.is(printer.url, `http://127.0.0.1:${another}`)
  } finally {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

test.run()

async function assertRejects(work: Promise<unknown>, words: string): Promise<void> {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  )
  assert.ok(error instanceof Error && error.message.includes(words), String(error))
}
