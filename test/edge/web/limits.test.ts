import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { createBrowser, type PageFixture, send, startPage } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("clients that would use up the server of the printer's page")
let fixture: EdgeFixture
let page: PageFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
  page = await startPage(fixture, { https: { port: 0, address: '127.0.0.1' } })
})
test.after.each(async () => {
  await page.close()
  await fixture.close()
})

const code = (answer: { json: { code?: string } | null }) => answer.json?.code
const httpsPort = () => Number(new URL(page.httpsUrl ?? '').port)

/** Connections that send nothing. */
function connectOften(port: number, count: number, localAddress = '127.0.0.1'): Promise<Socket[]> {
  const connectOnce = () =>
    new Promise<Socket>(resolve => {
      const socket = connect({ port, host: '127.0.0.1', localAddress }, () => resolve(socket))
      socket.on('error', () => {})
    })
  return Promise.all(Array.from({ length: count }, connectOnce))
}

test('HEAD opens no stream, of which an address may have eight', async () => {
  for (let count = 0; count < 10; count++) {
    assert.is((await send(`${page.url}api/events`, { method: 'HEAD' })).status, 200)
  }
})

test('one address cannot take all connections of the network’s listener', async () => {
  const sockets = await connectOften(httpsPort(), 140, '127.0.0.2')
  await eventually('most are closed', () => sockets.filter(({ closed }) => !closed).length === 32)
  const answer = await send(`${page.httpsUrl}api/session`, { rejectUnauthorized: false })
  assert.is(answer.status, 200)
  for (const socket of sockets) socket.destroy()
  await eventually('room again', async () => {
    const [socket] = await connectOften(httpsPort(), 1, '127.0.0.2')
    await new Promise(resolve => setTimeout(resolve, 100))
    return socket?.closed === false
  })
})

test('a client that does not finish its handshake or its headers is cut within seconds', async () => {
  const [silent] = await connectOften(httpsPort(), 1)
  const [slow] = await connectOften(Number(new URL(page.url).port), 1)
  slow?.write('GET /api/session HTTP/1.1\r\n')
  const drip = setInterval(() => slow?.write('x: y\r\n'), 500)
  await eventually('both are cut', () => silent?.closed && slow?.closed, 20_000)
  clearInterval(drip)
})

test('an edge that stops does not wait for silent clients', async () => {
  const sockets = await connectOften(httpsPort(), 2)
  const begun = performance.now()
  await page.close()
  assert.ok(performance.now() - begun < 5000, `${performance.now() - begun} ms`)
  for (const socket of sockets) socket.destroy()
})

test('uploads are for people who are logged in, and two at a time', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const headers = () => ({
    'content-type': 'multipart/form-data; boundary=x',
    'x-lmnt-csrf': browser.session().csrf,
    cookie: browser.cookie(),
  })
  const post = (body: string) => send(`${page.url}api/upload-profile`, { method: 'POST', headers: headers(), body })
  /** An upload whose body does not end. */
  const begin = () => {
    const upload = request(`${page.url}api/upload-profile`, { method: 'POST', headers: headers() })
    upload.on('error', () => {})
    upload.write('--x\r\n')
    return upload
  }
  const slow = [begin(), begin()]
  await eventually('no room', async () => code(await post('--x--\r\n')) === 'too_many_requests')
  for (const upload of slow) upload.destroy()
  await eventually('room', async () => code(await post('--x--\r\n')) === 'invalid_input')

  await browser.post('api/logout', {})
  await browser.open()
  const unread = begin()
  const status = await new Promise(resolve => unread.once('response', answer => resolve(answer.statusCode)))
  assert.is(status, 401, 'before its body is read')
  unread.destroy()
})

test('log-ins while the marketplace is away are no wrong passwords', async () => {
  const browser = createBrowser(page.url)
  await browser.open()
  fixture.market.isDown = true
  const { email, password } = user
  for (let count = 0; count < 8; count++) {
    assert.is(code(await browser.post('api/login', { email, password })), 'marketplace_unavailable')
  }
  fixture.market.isDown = false
  assert.is((await browser.logIn()).status, 200)
})

test.run()
