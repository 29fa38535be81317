/** The marketplace as a process of its own: how it is reached, and how it ends. */
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestPrint } from '../../bff/services/print-job/request.ts'
import { listen } from '../../runtime/serve.ts'
import { idempotencyKeys, modelLicenses, outbox, publishedModels, purchases } from '../../schema/db/bff/index.ts'
import type { Role } from '../../schema/http/auth.ts'
import { createWalletRequest } from '../../schema/http/cws.ts'
import { until } from '../make/eventually.ts'
import { inspected } from '../make/inspected.ts'
import { startInstances } from '../make/marketplace-process.ts'
import { makePrepared } from '../make/prepared.ts'

const test = suite('the marketplace process')
const closing: (() => Promise<unknown>)[] = []
test.after.each(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function startOne(changes: Record<string, string> = {}) {
  const { market, instances, close } = await startInstances(1, changes)
  closing.push(close)
  return { market, ...(instances as [(typeof instances)[0]])[0] }
}

test('with the variables of Cloud Run it listens where the platform reaches it; elsewhere on this machine only', async () => {
  const elsewhere = await startOne()
  assert.match(elsewhere.url, /^http:\/\/127\.0\.0\.1:/)

  const { url } = await startOne({ K_SERVICE: 'bff' })
  assert.match(url, /^http:\/\/0\.0\.0\.0:/)
  const { port } = new URL(url)
  assert.is((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})

test('a configuration that cannot work ends the process with one sentence', async () => {
  // A host name has to be looked up: the configuration is refused before the service listens.
  const changes = { BUCKET_NAME: 'lmnt-another-gcode', HOST: 'localhost' }
  const error = await startOne(changes).catch((error: Error) => error)
  assert.instance(error, Error)
  const sentence = 'BUCKET_NAME lmnt-another-gcode is not of the environment local.'
  assert.is((error as Error).message, `the marketplace did not start: ${sentence}\n`)
})

/** A CWS that makes treasuries and wraps keys, but never answers a request for a wallet; and a slicer that accepts every model. */
async function startNeighbours() {
  const cws = new Hono()
  cws.post('/ops/encrypt-data', c => c.json({ encryptedData: 'wrapped' }))
  cws.post('/ops/create-wallet', async c => {
    const { purpose } = createWalletRequest.parse(await c.req.json())
    if (purpose === 'wallet') await new Promise(() => {})
    return c.json({ account_id: '0.0.1003', public_key: 'ab', token_id: null })
  })
  const slicer = new Hono()
  slicer.post('/inspect', c => c.json(inspected()))
  const [cwsServer, slicerServer] = [await listen(cws), await listen(slicer)]
  return {
    environment: { CWS_URL: cwsServer.url, SLICER_URL: slicerServer.url },
    close: () => Promise.all([cwsServer.close(0), slicerServer.close(0)]),
  }
}

/** A form whose file takes this long to come. */
function slowForm(metadata: object, ms: number) {
  const part = (name: string, more = '') => `--x\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`
  return new ReadableStream({
    async start(controller) {
      const send = (text: string) => controller.enqueue(Buffer.from(text))
      send(`${part('metadata')}${JSON.stringify(metadata)}\r\n${part('model', '; filename="a.stl"')}`)
      for (let at = 0; at < 10; at++) {
        send('solid '.repeat(1000))
        await new Promise(resolve => setTimeout(resolve, ms / 10))
      }
      send('\r\n--x--\r\n')
      controller.close()
    },
  })
}

test('SIGTERM ends polls, lets an upload finish, releases interrupted requests, and closes the database last', async () => {
  const neighbours = await startNeighbours()
  closing.push(neighbours.close)
  const { market, url, child, ended, said } = await startOne(neighbours.environment)
  const own = await makePrepared(market)
  const { modelId } = (await market.db.select().from(purchases))[0]!
  const license = { licenseType: 'pay-per-print', priceHbar: 1n, pricePrint: null, printsAllowed: 1 }
  await market.db.insert(modelLicenses).values({ modelId, ...license })
  const bearer = async (role: Role, userId: string) => ({
    authorization: `Bearer ${(await market.ctx.tokens.forUser(userId, role)).token}`,
  })
  const designer = await market.newUser('designer')

  const { token: printer } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const poll = fetch(`${url}/api/get-print-job`, { headers: { authorization: `Bearer ${printer}`, prefer: 'wait=20' } })
  const terms = [{ license_type: 'pay-per-print', price_hbar: '1', prints_allowed: 1 }]
  const upload = fetch(`${url}/api/publish-model`, {
    method: 'POST',
    headers: { ...(await bearer('designer', designer.userId)), 'content-type': 'multipart/form-data; boundary=x' },
    body: slowForm({ title: 'Gear', description: '', licenses: terms }, 7500),
    duplex: 'half',
  } as RequestInit)
  const purchase = fetch(`${url}/api/purchase-model`, {
    method: 'POST',
    headers: {
      ...(await bearer('enthusiast', own.userId)),
      'content-type': 'application/json',
      'idempotency-key': 'in-flight',
    },
    body: JSON.stringify({
      user_id: own.userId,
      model_id: modelId,
      license_type: 'pay-per-print',
      storage_currency: 'hbar',
    }),
  }).then(
    () => 'answered',
    () => 'cut',
  )
  const keys = () => market.db.select().from(idempotencyKeys)
  await until(async () => (await keys()).length === 1 && (await market.db.$count(publishedModels)) === 2)

  const told = performance.now()
  child.kill('SIGTERM')
  const polled = await poll
  assert.equal([polled.status, polled.headers.get('connection')], [204, 'close'])
  assert.ok(performance.now() - told < 3000, 'at once')
  assert.is(await fetch(`${url}/livez`).catch(() => 'refused'), 'refused')
  const published = await upload
  assert.equal([published.status, published.headers.get('connection')], [201, 'close'], await published.text())
  assert.is(await purchase, 'cut')
  const [code] = (await ended) as [number]
  assert.is(code, 0, said())
  assert.ok(performance.now() - told < 10_000, `${performance.now() - told} ms`)

  const [key] = await keys()
  assert.is(key?.status, null)
  assert.ok(key!.leaseUntil.getTime() <= Date.now(), 'the key is not busy: the same request may come again at once')
  assert.not.match(said(), 'CONNECTION_ENDED')
})

test('a delivery that a commit started ends before the database is closed', async () => {
  const requests: string[] = []
  const cws = new Hono()
  cws.post('/ops/end-job', async c => {
    requests.push(c.req.path)
    await new Promise(resolve => setTimeout(resolve, 2000))
    return c.json({ status: 'ended' })
  })
  const server = await listen(cws)
  closing.push(() => server.close(0))
  const { market, url, child, ended, said } = await startOne({ CWS_URL: server.url })
  const own = await makePrepared(market)
  const { print_job_id } = await requestPrint({ ...market.ctx, actor: own.user.actor }, { purchase_id: own.purchaseId })

  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const claim = await fetch(`${url}/api/get-print-job`, { headers: { authorization: `Bearer ${token}` } })
  assert.is(claim.status, 200, await claim.text())
  const report = { user_id: own.userId, purchase_id: own.purchaseId, print_job_id, status: 'failure' }
  const answer = await fetch(`${url}/api/report-print-status`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(report),
  })
  assert.is(answer.status, 200, await answer.text())
  await until(() => requests.length === 1)
  child.kill('SIGTERM')
  const [code] = (await ended) as [number]
  assert.is(code, 0, said())
  const [row] = await market.db.select().from(outbox).where(eq(outbox.channel, 'end-job'))
  assert.ok(row?.deliveredAt, `delivered: ${said()}`)
})

test.run()
