import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBrowser, host, send, startPage } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'

const test = suite("HTTPS of the printer's page")
let fixture: EdgeFixture

test.before(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
})
test.after(() => fixture.close())

const day = 24 * 60 * 60_000
const https = { port: 0, address: '127.0.0.1' }
const stored = () => JSON.parse(readFileSync(join(fixture.dir, 'web', 'https.json'), 'utf8'))
const serial = () => new X509Certificate(stored().server.certificate).serialNumber

test('who trusts the CA opens the page and logs in; the keys are for the edge only', async () => {
  const page = await startPage(fixture, { https })
  const ca = (await send(`${page.url}ca.crt`)).text && stored().authority.certificate
  const browser = createBrowser(page.httpsUrl ?? '', { ca })
  assert.is((await browser.open()).is_secure, true)
  assert.is((await browser.logIn()).status, 200)
  assert.is((await browser.call('purchases')).status, 200)
  assert.ok([...browser.cookies.keys()].every(name => name.startsWith('__Secure-')))
  await send(`${page.httpsUrl}api/session`).then(
    () => assert.unreachable('without the CA'),
    (error: NodeJS.ErrnoException) => assert.match(String(error.code), /SELF_SIGNED|UNABLE_TO/),
  )
  assert.is(statSync(join(fixture.dir, 'web', 'https.json')).mode & 0o777, 0o600)
  const certificate = new X509Certificate(stored().server.certificate)
  for (const name of host.names) assert.ok(certificate.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1', '192.168.1.20']) assert.ok(certificate.checkIP(address), address)
  assert.not.ok(certificate.checkHost('marketplace.example'))
  const trust = await send(`${page.url}trust`, { headers: { 'accept-language': 'de-DE' } })
  assert.match(trust.text, new X509Certificate(ca).fingerprint256)
  assert.match(trust.text, /lang="de"/)
  await page.close()
})

test('the certificate stays over a restart; a new address, a near end or a wrong clock renews it, and the CA stays', async () => {
  const start = async (deps: object) => (await startPage(fixture, { https }, deps)).close()
  await start({})
  const before = serial()
  const { certificate: ca } = stored().authority
  await start({})
  assert.is(serial(), before)
  const moved = { ...host, addresses: [...host.addresses, '192.168.1.99'] }
  await start({ readHost: () => moved })
  const second = serial()
  assert.is.not(second, before)
  await start({ clock: () => Date.now() + 370 * day })
  const third = serial()
  assert.is.not(third, second)
  await start({ clock: () => 0 })
  assert.is.not(serial(), third)
  assert.is(stored().authority.certificate, ca, 'the CA has to be trusted once only')
  await start({ readHost: () => ({ ...host, names: [...host.names, 'voron'] }) })
  assert.is.not(stored().authority.certificate, ca, 'it cannot vouch for another name')
})

test('a port in use, or a damaged file, does not stop the edge', async () => {
  const first = await startPage(fixture, { https })
  const port = Number(new URL(first.url).port)
  const second = await startPage(fixture, { httpPort: port })
  assert.is(second.httpUrl, null)
  await second.close()
  await first.close()
})

test.run()
