import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { eventually } from '../../make/eventually.ts'
import { put, state, withVirtualPrinter } from '../../make/virtual-printer.ts'

const test = suite("the virtual printer's stream")

const stub = 'SET_HEATER_TEMPERATURE HEATER=lmnt_stream\nSTREAM_GCODE_LINE JOB=purch_1\n'

test('without the edge a stub ends in an error that says so', () =>
  withVirtualPrinter({ openTimeoutMs: 200 }, async fixture => {
    put(fixture, 'stub.gcode', stub)
    await fixture.client.call('printer.print.start', { filename: 'stub.gcode' })
    assert.is(
      (await state(fixture, 'error')).message,
      'LMNT: the LMNT service is not running: start it, then print the file again',
    )
  }))

test('a stream that breaks is asked for again at the byte, and wait lines keep it patient', () =>
  withVirtualPrinter({ openTimeoutMs: 150 }, async fixture => {
    const gcode = makeGcode(3000)
    const bytes = Buffer.from(gcode.text)
    const offsets: unknown[] = []
    const server = await listen(fixture.socketPath, (socket, { offset, job }) => {
      assert.is(job, 'purch_1')
      offsets.push(offset)
      const from = Number(offset)
      const head = `${JSON.stringify({ size: bytes.length, offset, name: 'Gear', layers: gcode.layers })}\n`
      if (offsets.length > 1) return socket.end(Buffer.concat([Buffer.from(head), bytes.subarray(from)]))
      let waits = 0
      const timer = setInterval(() => {
        if (++waits < 5) return socket.write(`${JSON.stringify({ wait: 'downloading' })}\n`)
        clearInterval(timer)
        socket.end(Buffer.concat([Buffer.from(head), bytes.subarray(0, 1234)]))
      }, 100)
    })
    try {
      put(fixture, 'stub.gcode', stub)
      await fixture.client.call('printer.print.start', { filename: 'stub.gcode' })
      await state(fixture, 'complete')
      assert.equal(offsets, [0, 1234])
      assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
      assert.ok(fixture.client.console.includes('// LMNT: downloading'))
    } finally {
      server.close()
    }
  }))

test('a print without lines pauses, and resumes by itself when they come', () =>
  withVirtualPrinter({ starvedPauseMs: 100 }, async fixture => {
    const bytes = Buffer.from('G28\nG1 X1\n')
    let rest = () => {}
    const server = await listen(fixture.socketPath, socket => {
      socket.write(`${JSON.stringify({ size: bytes.length, offset: 0, name: 'Gear', layers: 1 })}\n`)
      socket.write(bytes.subarray(0, 6))
      rest = () => void socket.write(bytes.subarray(6))
    })
    try {
      put(fixture, 'stub.gcode', stub)
      await fixture.client.call('printer.print.start', { filename: 'stub.gcode' })
      await state(fixture, 'paused')
      rest()
      await state(fixture, 'complete')
      assert.is((await fixture.client.lastRun())?.lines, 2)
    } finally {
      server.close()
    }
  }))

test('the end of a stream is told to the edge with the position', () =>
  withVirtualPrinter({}, async fixture => {
    const bytes = Buffer.from('G28\nG1 X1\n')
    const said: unknown[] = []
    const server = await listen(fixture.socketPath, socket => {
      socket.write(`${JSON.stringify({ size: bytes.length, offset: 0, name: 'Gear', layers: 1 })}\n`)
      socket.write(bytes)
      linesOf(socket).once('line', line => said.push(JSON.parse(line)))
    })
    try {
      put(fixture, 'stub.gcode', stub)
      await fixture.client.call('printer.print.start', { filename: 'stub.gcode' })
      await eventually('the goodbye', () => said.length > 0)
      assert.equal(said, [{ op: 'close', ended: true, position: bytes.length }])
    } finally {
      server.close()
    }
  }))

test.run()

/** The edge's side of the socket, by hand. */
async function listen(
  path: string,
  serve: (socket: Socket, request: Record<string, unknown>) => void,
): Promise<Server> {
  const server = createServer(socket => {
    linesOf(socket).once('line', line => serve(socket, JSON.parse(line) as Record<string, unknown>))
  })
  server.listen(path)
  await once(server, 'listening')
  return server
}

/** A reader of lines throws the errors of its socket as its own, also when the printer cuts the connection at the end. */
function linesOf(socket: Socket) {
  socket.on('error', () => {})
  return createInterface(socket).on('error', () => {})
}
