import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../../make/edge/set-up.ts'
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
function ask(shop: Workshop, request: unknown): Stream {
  const socket = connect(shop.config.streamSocket)
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

async function refusal(shop: Workshop, request: unknown): Promise<string> {
  const stream = ask(shop, request)
  await eventually('the connection ends', stream.isEnded)
  return String(stream.answers[0]?.error)
}

/** Something is being printed, slowly, so that the edge may serve. */
async function printSomething(shop: Workshop): Promise<void> {
  writeFileSync(join(shop.printer.gcodesDir, 'other.gcode'), makeGcode(10_000).text)
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 50 })
  await shop.client.call('printer.print.start', { filename: 'other.gcode' })
}

const unknownPurchase = 'purch_00000000000000000000000000'

test('what it does not serve it refuses in words', async () => {
  const shop = await makeWorkshop({ autoStart: false })
  try {
    const request = { job: unknownPurchase, offset: 0, version: '1' }
    assert.is(await refusal(shop, 'hello'), 'This file names no LMNT purchase.')
    assert.is(await refusal(shop, { ...request, job: '../etc/passwd' }), 'This file names no LMNT purchase.')
    assert.is(await refusal(shop, request), "Start the file from the printer's file list.")
    await printSomething(shop)
    assert.is(await refusal(shop, request), 'The marketplace does not know the purchase of this file. Delete the file.')
    assert.is(await refusal(shop, { ...request, offset: 100 }), 'This print has ended. Start it again.')
    await shop.market.add(makeGcode(10))
    assert.match(await refusal(shop, request), 'Another LMNT print is waiting')
  } finally {
    await shop.close()
  }
})

test('a job is served from any byte, to one stream at a time', async () => {
  const shop = await makeWorkshop({ autoStart: false })
  try {
    const gcode = makeGcode(30_000)
    const whole = Buffer.from(gcode.text)
    const job = await shop.market.add(gcode)
    await printSomething(shop)
    const request = { job: job.claim.purchase_id, version: '1' }
    const offsets = [0, 1, 262_143, 262_144, 262_145, 700_001, whole.length - 1, whole.length]
    for (const offset of offsets) {
      const stream = ask(shop, { ...request, offset })
      await eventually('all bytes', () => stream.answers.length > 0 && stream.bytes().length === whole.length - offset)
      assert.equal(stream.answers, [{ size: whole.length, offset, name: 'Gear', layers: gcode.layers }])
      assert.ok(stream.bytes().equals(whole.subarray(offset)), `from byte ${offset}`)
      if (offset === 0) assert.is(await refusal(shop, { ...request, offset }), 'This file is being printed already.')
      stream.socket.destroy()
    }
    assert.is(shop.market.opens, 1, 'the key was asked for once')
    await shop.client.call('printer.print.cancel')
    assert.is((await reported(shop)).stats?.reason, 'cancelled')
  } finally {
    await shop.close()
  }
})

test('of two streams that wait for the same one to go, one is served', async () => {
  const shop = await makeWorkshop({ autoStart: false })
  try {
    const job = await shop.market.add(makeGcode(10))
    await printSomething(shop)
    const request = { job: job.claim.purchase_id, offset: 0, version: '1' }
    const first = ask(shop, request)
    await eventually('the first is served', () => first.answers.length > 0)
    const both = [ask(shop, request), ask(shop, request)]
    await eventually('both wait', () => both.every(one => one.waits() > 4))
    first.socket.destroy()
    await eventually('both are answered', () => both.every(one => one.answers.length > 0))
    const errors = both.map(one => one.answers[0]?.error).filter(error => error !== undefined)
    assert.equal(errors, ['This file is being printed already.'])
    await eventually('the refused one has gone', () => both.some(one => one.isEnded()))
    assert.is(await refusal(shop, request), 'This file is being printed already.', 'it gave nothing back')
  } finally {
    await shop.close()
  }
})

test('a print goes on over a lost connection to Moonraker, and its end is seen', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 10_000 } })
  try {
    const gcode = makeGcode(15_000)
    await shop.market.add(gcode)
    for (const lines of [1000, 8000]) {
      await eventually('lines run', async () => {
        const run = await shop.client.lastRun()
        return run?.job && run.lines > lines
      })
      await shop.client.call('virtual_printer.drop_connections')
    }
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await shop.close()
  }
})

test.run()
