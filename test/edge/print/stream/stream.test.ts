import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite("the edge's stream socket")

interface Stream {
  socket: Socket
  /** The JSON lines before the raw bytes. */
  answers: Record<string, unknown>[]
  /** How often it was told to wait. */
  waits: () => number
  bytes: () => Buffer
  isEnded: () => boolean
}

/** Klipper's extra, by hand. */
function ask(fixture: EdgeFixture, request: unknown): Stream {
  const socket = connect(fixture.config.streamSocket)
  const answers: Record<string, unknown>[] = []
  let head = Buffer.alloc(0)
  let isRaw = false
  let waits = 0
  const raw: Buffer[] = []
  let isEnded = false
  socket.on('error', () => {})
  socket.on('close', () => {
    isEnded = true
  })
  socket.on('data', data => {
    if (isRaw) return void raw.push(data)
    head = Buffer.concat([head, data])
    for (let end = head.indexOf(10); end >= 0 && !isRaw; end = head.indexOf(10)) {
      const answer = JSON.parse(head.subarray(0, end).toString()) as Record<string, unknown>
      head = head.subarray(end + 1)
      if ('wait' in answer) waits++
      else answers.push(answer)
      isRaw = 'size' in answer
    }
    if (isRaw) raw.push(head)
  })
  socket.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`)
  return { socket, answers, waits: () => waits, bytes: () => Buffer.concat(raw), isEnded: () => isEnded }
}

async function refusal(fixture: EdgeFixture, request: unknown): Promise<string> {
  const stream = ask(fixture, request)
  await eventually('the connection ends', stream.isEnded)
  return String(stream.answers[0]?.error)
}

/** Something is being printed, slowly, so that the edge may serve. */
async function printSomething(fixture: EdgeFixture): Promise<void> {
  writeFileSync(join(fixture.printer.gcodesDir, 'other.gcode'), makeGcode(10_000).text)
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 50 })
  await fixture.client.call('printer.print.start', { filename: 'other.gcode' })
}

const unknownPurchase = 'purch_00000000000000000000000000'

test('a request that cannot be served is refused with a message', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const request = { job: unknownPurchase, offset: 0, version: '1' }
    assert.is(await refusal(fixture, 'hello'), 'This file names no LMNT purchase.')
    assert.is(await refusal(fixture, { ...request, job: '../etc/passwd' }), 'This file names no LMNT purchase.')
    assert.is(await refusal(fixture, request), "Start the file from the printer's file list.")
    await printSomething(fixture)
    assert.is(
      await refusal(fixture, request),
      'The marketplace does not know the purchase of this file. Delete the file.',
    )
    assert.is(await refusal(fixture, { ...request, offset: 100 }), 'This print has ended. Start it again.')
    await fixture.market.add(makeGcode(10))
    assert.match(await refusal(fixture, request), 'Another LMNT print is waiting')
  } finally {
    await fixture.close()
  }
})

test('a job is sent from any byte, to one stream at a time', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const gcode = makeGcode(30_000)
    const whole = Buffer.from(gcode.text)
    const job = await fixture.market.add(gcode)
    await printSomething(fixture)
    const request = { job: job.claim.purchase_id, version: '1' }
    const offsets = [0, 1, 262_143, 262_144, 262_145, 700_001, whole.length - 1, whole.length]
    for (const offset of offsets) {
      const stream = ask(fixture, { ...request, offset })
      await eventually('all bytes', () => stream.answers.length > 0 && stream.bytes().length === whole.length - offset)
      assert.equal(stream.answers, [{ size: whole.length, offset, name: 'Gear', layers: gcode.layers }])
      assert.ok(stream.bytes().equals(whole.subarray(offset)), `from byte ${offset}`)
      if (offset === 0) assert.is(await refusal(fixture, { ...request, offset }), 'This file is being printed already.')
      stream.socket.destroy()
    }
    assert.is(fixture.market.opens, 1, 'the key was asked for once')
    await fixture.client.call('printer.print.cancel')
    assert.is((await reported(fixture)).stats?.reason, 'cancelled')
  } finally {
    await fixture.close()
  }
})

test('of two streams that wait for the end of another, one is served', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const job = await fixture.market.add(makeGcode(10))
    await printSomething(fixture)
    const request = { job: job.claim.purchase_id, offset: 0, version: '1' }
    const first = ask(fixture, request)
    await eventually('the first is served', () => first.answers.length > 0)
    const both = [ask(fixture, request), ask(fixture, request)]
    await eventually('both wait', () => both.every(one => one.waits() > 4))
    first.socket.destroy()
    await eventually('both are answered', () => both.every(one => one.answers.length > 0))
    const errors = both.map(one => one.answers[0]?.error).filter(error => error !== undefined)
    assert.equal(errors, ['This file is being printed already.'])
    await eventually('the refused one has gone', () => both.some(one => one.isEnded()))
    assert.is(await refusal(fixture, request), 'This file is being printed already.', 'it gave nothing back')
  } finally {
    await fixture.close()
  }
})

test('a print goes on while Moonraker is disconnected, and its end is noticed', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 10_000 } })
  try {
    const gcode = makeGcode(15_000)
    await fixture.market.add(gcode)
    for (const lines of [1000, 8000]) {
      await eventually('lines run', async () => {
        const run = await fixture.client.lastRun()
        return run?.job && run.lines > lines
      })
      await fixture.client.call('virtual_printer.drop_connections')
    }
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await fixture.close()
  }
})

test.run()
