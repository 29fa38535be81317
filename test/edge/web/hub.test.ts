import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Edge } from '../../../edge/app.ts'
import { createHub } from '../../../edge/web/events/hub.ts'
import { silentLog } from '../../../runtime/log.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the streams of one printer's page")

/** A printer whose overview is answered by hand. */
function makeEdge() {
  let follows = 0
  let answer = () => {}
  const edge = {
    call: () => new Promise(resolve => (answer = () => resolve({}))),
    page: {
      follow() {
        follows++
        return () => follows--
      },
    },
  } as unknown as Edge
  return { edge, follows: () => follows, answer: () => answer() }
}

const client = { address: '127.0.0.1', sessionId: undefined, mayWatch: () => true, send: () => true, end: () => {} }

test('nothing is followed any more after the end, not even for a stream that was just being opened', async () => {
  const printer = makeEdge()
  const hub = createHub({ edge: printer.edge, randomBytes, log: silentLog })
  const opened = hub.open(client, undefined).catch((error: { code?: string }) => error.code)
  await new Promise(resolve => setImmediate(resolve))
  hub.close()
  printer.answer()
  assert.is(await opened, 'unavailable')
  assert.is(printer.follows(), 0)
})

test('one stream is followed until some time after its end', async () => {
  const printer = makeEdge()
  const hub = createHub({ edge: printer.edge, randomBytes, log: silentLog, timing: { lingerMs: 10 } })
  const opened = hub.open(client, undefined)
  await new Promise(resolve => setImmediate(resolve))
  printer.answer()
  const leave = await opened
  assert.is(printer.follows(), 1)
  leave()
  assert.is(printer.follows(), 1, 'a browser that comes back has missed nothing')
  await eventually('it is over', () => printer.follows() === 0)
  hub.close()
})

test.run()
