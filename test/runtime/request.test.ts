import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deadline } from '../../runtime/deadline.ts'
import { sendRequest } from '../../runtime/request.ts'
import { readJson } from '../../schema/http/json.ts'
import { eventually } from '../make/eventually.ts'

interface Fixture {
  server: Server
  url: string
  /** Answers the next requests. */
  answer: RequestListener
  connections: number
}

const test = suite<Fixture>('a request over HTTP')

test.before.each(async context => {
  context.connections = 0
  context.server = createServer((request, response) => context.answer(request, response))
  context.server.on('connection', () => context.connections++)
  context.server.listen(0, '127.0.0.1')
  await once(context.server, 'listening')
  context.url = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}/`
})
test.after.each(({ server }) => {
  server.closeAllConnections()
  server.close()
})

const get = (url: string, signal = new AbortController().signal) =>
  sendRequest(url, { method: 'GET', headers: {}, signal })
const getSoon = (url: string, silenceMs: number) =>
  sendRequest(url, { method: 'GET', headers: {}, signal: new AbortController().signal, silenceMs })

test('status, headers and body are those of the server; a redirect is not followed', async context => {
  context.answer = (_, response) => response.writeHead(302, { location: '/other', etag: '"1"' }).end('{"a":[1]}')
  const answer = await get(context.url)
  assert.equal(
    [answer.status, answer.ok, answer.headers.get('etag'), answer.headers.get('none')],
    [302, false, '"1"', null],
  )
  assert.equal(await readJson(answer, 100), { a: [1] })
})

test('requests use one connection, also after answers without a body and after the clearing of their deadline', async context => {
  const statuses = [204, 304, 200, 200]
  context.answer = (request, response) => {
    request.resume()
    response.writeHead(statuses[0] ?? 500).end(statuses.shift() === 200 ? '{}' : undefined)
  }
  while (statuses.length > 0) {
    const limit = deadline(10_000)
    const answer = await sendRequest(context.url, { method: 'POST', headers: {}, body: '{}', signal: limit.signal })
    if (answer.body) await readJson(answer, 100)
    limit.clear()
    // The connection is free again one turn of the event loop later.
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.is(context.connections, 1)
})

test('a kept connection that the server closes meanwhile is no failure', async context => {
  let count = 0
  context.answer = (request, response) => {
    if (++count === 2) request.socket.destroy()
    else response.end('{}')
  }
  for (const round of [1, 2]) {
    assert.equal(await readJson(await get(context.url), 100), {}, `request ${round}`)
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.equal([count, context.connections], [3, 2])
})

test('several kept connections may be closed at once', async context => {
  const used = new Set<Socket>()
  let isClosing = false
  context.answer = (request, response) => {
    if (isClosing && used.has(request.socket)) return request.socket.destroy()
    used.add(request.socket)
    // All requests run at the same time, so that each opens a connection.
    setTimeout(() => response.end('{}'), 50)
  }
  await Promise.all(Array.from({ length: 5 }, async () => readJson(await get(context.url), 100)))
  await new Promise(resolve => setImmediate(resolve))
  isClosing = true
  assert.equal(await readJson(await get(context.url), 100), {})
})

test('a server that closes every connection is a failure', async context => {
  context.answer = request => request.socket.destroy()
  const error = await get(context.url).catch((caught: NodeJS.ErrnoException) => caught.code)
  assert.is(error, 'ECONNRESET')
})

test('an answer that breaks off is an error for its reader, and for nobody else', async context => {
  context.answer = (request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"a":')
    setImmediate(() => request.socket.destroy())
  }
  const reason = await readJson(await get(context.url), 1000).catch((caught: Error) => caught.message)
  assert.is(reason, 'aborted')
  await get(context.url)
  const openConnections = promisify(context.server.getConnections.bind(context.server))
  await eventually('the unread answer has broken off', async () => (await openConnections()) === 0)
})

test('the signal ends a request that waits, and an answer that is being read', async context => {
  context.answer = () => {}
  const waiting = new AbortController()
  const unanswered = get(context.url, waiting.signal).catch((caught: Error) => caught.name)
  setImmediate(() => waiting.abort())
  assert.is(await unanswered, 'AbortError')
  context.answer = (_, response) => void response.writeHead(200).write('[')
  const reading = new AbortController()
  const answer = await get(context.url, reading.signal)
  const read = readJson(answer, 100).catch((caught: Error) => caught.message)
  reading.abort()
  assert.is(await read, 'aborted')
})

test('a connection that falls silent ends, before the answer and within it; a slow answer is read to its end', async context => {
  context.answer = () => {}
  const unanswered = await getSoon(context.url, 50).catch((caught: Error) => caught.message)
  assert.is(unanswered, 'the connection was silent for 0.05 s')
  context.answer = (_, response) => void response.writeHead(200).write('[')
  const broken = await getSoon(context.url, 50)
  assert.is(await readJson(broken, 100).catch((caught: Error) => caught.message), 'aborted')
  const pieces = ['[1', ',2', ',3', ',4', ']']
  context.answer = (_, response) => {
    const timer = setInterval(() => {
      response.write(pieces.shift())
      if (pieces.length > 0) return
      clearInterval(timer)
      response.end()
    }, 60)
  }
  assert.equal(await readJson(await getSoon(context.url, 250), 100), [1, 2, 3, 4])
})

test.run()
