import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createApi } from '../../local/demo/api.ts'
import { connectPrinter, lastRun, type Printer } from '../../local/demo/printer.ts'
import { isRight, toResult } from '../../local/demo/result.ts'
import { type DemoRun, runDemo } from '../../local/demo/run-demo.ts'
import { people, readSample } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import { at } from '../../local/stack/environments.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { PrintJobResponse } from '../../schema/http/print-jobs.ts'
import type { PrinterResponse } from '../../schema/http/printers.ts'
import { binaryStl, box } from '../make/slicer/models.ts'
import { quiet, type TestStack } from '../make/stack.ts'

/** A program that takes the port of the wallets' service after it was chosen, and answers there; once. */
export function makeThief() {
  let thief: Server | undefined
  return {
    async front(name: string, [first]: string[]): Promise<string> {
      if (name === 'cws' && !thief) {
        const port = Number(new URL(first!).port)
        thief = createServer((_request, response) => response.end('ok')).listen(port, '127.0.0.1')
        await once(thief, 'listening')
      }
      return first!
    },
    port: () => (thief!.address() as AddressInfo).port,
    close: () => thief?.close(),
  }
}

export type Thief = ReturnType<typeof makeThief>

const sample = { ...readSample(undefined), file: binaryStl(box(20, 20, 4)), fileName: 'box.stl' }

/** A suite for a stack of two printers that share their edge, started with that thief. It ends with the second printer dead. */
export function twoPrinters(world: TestStack, thief: Thief) {
  const test = suite('two printers on one host')
  let printers: [Printer, Printer]
  test.before(async () => {
    printers = [world.printer, await connectPrinter(at(world.stack.ports['printer-2']!))]
  })
  test.after(() => printers[1].close())

  /** Everything from the fixture to the print, on that printer. */
  function printOn(printer: Printer, title: string): Promise<DemoRun> {
    const model = { ...sample, metadata: { ...sample.metadata, title } }
    return runDemo({ marketplaceUrl: world.stack.urls.bff, printer, sample: model, fund: world.fund, narrator: quiet })
  }

  test('a port that another program takes while all starts is replaced by another one', () => {
    assert.is.not(world.stack.ports.cws, thief.port())
  })

  test('one edge registers both, and both print at once, each what was ordered for it', async () => {
    const first = await printOn(world.printer, 'To begin with')
    assert.ok(isRight(toResult(first, 1)))
    for (const printer of printers) await printer.call('virtual_printer.fail', { line: 200, how: 'stall' })
    const orders = Promise.all([printOn(world.printer, 'A box'), printOn(printers[1], 'Another box')])
    orders.catch(() => {})
    for (const printer of printers) {
      await waitFor('the print to be in the middle', async () => (await lastRun(printer)).lines === 199)
    }
    const { api } = await enthusiast()
    await waitFor('both jobs to be told as printing', async () => {
      const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>('/api/print-jobs')
      const { size } = new Set(print_jobs.filter(job => job.status === 'printing').map(job => job.printer_id))
      return size === 2
    })
    for (const printer of printers) await printer.call('virtual_printer.unstall')
    for (const performed of await orders) assert.ok(isRight(toResult(performed, 1)))
    const { printers: registered } = await api.get<{ printers: PrinterResponse[] }>('/api/printers')
    assert.is(registered.length, 2)
    assert.equal(
      Object.keys(world.stack.pids()).filter(name => name.startsWith('edge')),
      ['edge'],
    )
  })

  test('one whose Moonraker has gone does not disturb the other', async () => {
    process.kill(world.stack.pids()['local-virtual-printer-2']!, 'SIGKILL')
    assert.ok(isRight(toResult(await printOn(world.printer, 'The box after'), 1)))
  })

  async function enthusiast() {
    const { access_token } = await createApi(world.stack.urls.bff).post<SessionResponse>(
      '/api/auth/login',
      people.enthusiast,
    )
    return { api: createApi(world.stack.urls.bff, access_token) }
  }

  return test
}
