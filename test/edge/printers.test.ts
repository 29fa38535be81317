import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTiming, type EdgeConfig } from '../../edge/config.ts'
import { startPrinters } from '../../edge/printers.ts'
import { startVirtualPrinter } from '../../local/virtual-printer/start.ts'
import { ConfigError } from '../../runtime/config.ts'
import { silentLog } from '../../runtime/log.ts'
import { startFakeMarketplace, user } from '../make/edge/fake-marketplace.ts'
import { makeGcode } from '../make/edge/gcode.ts'
import { connectPrinterClient } from '../make/edge/printer-client.ts'
import { eventually } from '../make/eventually.ts'

const test = suite('the printers of one edge')
const shared = { clock: Date.now, jitter: Math.random, randomBytes, log: silentLog }

async function makeHost() {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-printers-'))
  const market = await startFakeMarketplace()
  const socket = (name: string) => join(dir, name, 'stream.sock')
  const printer = await startVirtualPrinter({ dataDir: join(dir, 'voron'), streamSocket: socket('a') })
  const config = (name: string, moonrakerUrl: string): EdgeConfig => ({
    dataDir: join(dir, 'data', name),
    marketplaceUrl: market.url,
    moonrakerUrl,
    moonrakerApiKey: undefined,
    streamSocket: socket(name),
    autoStart: true,
    logLevel: 'silent',
    timing: { ...defaultTiming, pollWaitS: 1, progressMs: 50, firstRetryMs: 20, longestRetryMs: 200 },
  })
  const setup = {
    logLevel: 'silent',
    printers: [
      { name: 'a', config: config('a', printer.websocketUrl) },
      // Nobody listens there.
      { name: 'b', config: config('b', 'ws://127.0.0.1:1/websocket') },
    ],
  }
  return {
    setup,
    market,
    printer,
    dir,
    async close() {
      await printer.close()
      await market.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

test('a printer whose Moonraker is missing from the start does not affect the other', async () => {
  const host = await makeHost()
  const client = await connectPrinterClient(host.printer.websocketUrl)
  const edges = await startPrinters(host.setup, shared)
  try {
    assert.is(edges.length, 2)
    await eventually('the edge is an agent', async () => {
      const { agents } = (await client.call('server.extensions.list')) as { agents: unknown[] }
      return agents.length === 1
    })
    const { token } = await client.agent('login_user', { email: user.email, password: user.password })
    await client.agent('register_printer', { name: 'Voron', token })
    const gcode = makeGcode(500)
    const job = await host.market.add(gcode)
    assert.is((await eventually('the report', () => job.reports[0])).status, 'success')
    assert.is((await client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await Promise.all(edges.map(edge => edge.close()))
    client.close()
    await host.close()
  }
})

test('when one printer cannot start, none does, and the error names it', async () => {
  const host = await makeHost()
  const [, second] = host.setup.printers
  const [first] = await startPrinters({ ...host.setup, printers: [second!] }, shared)
  try {
    const failure = await startPrinters(host.setup, shared).then(
      () => null,
      error => error,
    )
    assert.instance(failure, ConfigError)
    assert.match(failure.message, /\[printer b\]: Another edge is listening at .*b\/stream\.sock/)
    assert.not.match(failure.message, '[printer a]')
    // What the other one had is free again.
    const { streamSocket } = host.setup.printers[0]!.config
    const listener = createServer()
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(streamSocket, resolve)
    })
    await new Promise(resolve => listener.close(resolve))
  } finally {
    await first?.close()
    await host.close()
  }
})

test.run()
