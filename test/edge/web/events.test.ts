import { get, type IncomingMessage } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pageEvents } from '../../../schema/page/events.ts'
import { pageState } from '../../../schema/page/state.ts'
import { stranger } from '../../make/edge/fake-marketplace.ts'
import { makeModel } from '../../make/edge/fake-shop-routes.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type Browser, createBrowser, type PageFixture, startPage } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the stream of the printer's page")
let fixture: EdgeFixture
let page: PageFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false, printer: { linesPerSecond: 2000 } })
  page = await startPage(fixture)
})
test.after.each(async () => {
  await page.close()
  await fixture.close()
})

interface Received {
  id: string | undefined
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field of an event.
  data: any
}

/** As a browser's EventSource, without its reconnecting. */
async function openStream(headers: Record<string, string> = {}) {
  const events: Received[] = []
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${page.url}api/events`, { headers }, resolve).on('error', reject)
  })
  let text = ''
  let isOver = false
  response.setEncoding('utf8')
  response.on('error', () => {})
  response.on('close', () => {
    isOver = true
  })
  response.on('data', (piece: string) => {
    text += piece
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const field = (name: string) => lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const name = field('event')
      if (name) events.push({ id: field('id'), name, data: JSON.parse(field('data') ?? '') })
    }
  })
  return {
    status: response.statusCode,
    events,
    isOver: () => isOver,
    close: () => response.destroy(),
    /** The state as the page puts it together. */
    state: () =>
      Object.assign({}, ...events.filter(({ name }) => name === 'state' || name === 'update').map(one => one.data)),
  }
}

test('a page has the whole state at once, then what changes, through a whole print', async () => {
  const stream = await openStream()
  await eventually('the state', () => stream.events[0]?.name === 'state')
  pageState.parse(stream.events[0]?.data)
  await eventually('temperatures', () => stream.state().printer.heaters.length === 2)
  await fixture.market.add(makeGcode(20_000), { title: 'Gear' })
  await eventually('the job is ready', () => stream.state().job?.state === 'ready' && stream.state().job.can.start)
  await fixture.edge.call('start_job')
  await eventually('it prints', () => stream.state().job?.state === 'printing' && stream.state().job.progress > 0)
  const browser = createBrowser(page.url)
  await browser.open()
  fixture.market.isDown = true
  assert.is((await browser.call('pause_print')).status, 200, 'the marketplace is not needed')
  await eventually('it is paused', () => stream.state().job?.state === 'paused' && stream.state().job.can.resume)
  assert.is((await browser.call('resume_print')).status, 200)
  await eventually('it goes on', () => stream.state().job?.state === 'printing')
  assert.is((await browser.call('cancel_job')).status, 200)
  fixture.market.isDown = false
  await reported(fixture)
  await eventually('it is over', () => stream.state().job === null)
  const lists = stream.events.filter(({ name }) => name === 'changed').flatMap(({ data }) => data.lists)
  assert.ok(lists.includes('history') && lists.includes('queue'))
  for (const { name, data } of stream.events) pageEvents[name as keyof typeof pageEvents].parse(data)
  stream.close()
})

test('after a break the page gets what it has missed; after too long, or a restart, the whole state', async () => {
  const first = await openStream()
  await eventually('the state', () => first.events.length > 0)
  await fixture.edge.call('set_config', { token: await tokenOf(), auto_start: true })
  await eventually('the change', () => first.state().settings.auto_start === true)
  const { id } = first.events.at(-1) ?? {}
  first.close()
  const keeper = await openStream()
  await fixture.edge.call('set_config', { token: await tokenOf(), auto_start: false })
  await eventually('the change', () => keeper.state().settings.auto_start === false)
  const again = await openStream({ 'last-event-id': id ?? '' })
  await eventually('what was missed', () => again.state().settings?.auto_start === false)
  assert.ok(again.events.every(({ name }) => name !== 'state'))
  for (const unknown of ['nonsense', 'abc-1', `${id?.split('-')[0]}-999999`]) {
    const stream = await openStream({ 'last-event-id': unknown })
    await eventually('the state', () => stream.events[0]?.name === 'state')
    stream.close()
  }
  await page.close()
  await eventually('the server ends its streams', () => again.isOver())
  page = await startPage(fixture)
  const after = await openStream({ 'last-event-id': id ?? '' })
  await eventually('the state', () => after.events[0]?.name === 'state')
})

test('where the printer is shown to its owner only, the streams of others end as soon as it has one', async () => {
  await page.close()
  page = await startPage(fixture, { needsLogin: 'always' })
  const [owner, other] = [createBrowser(page.url), createBrowser(page.url)]
  const streamOf = (browser: Browser) => openStream({ cookie: browser.cookie() })
  await owner.logIn()
  await other.logIn(stranger)
  assert.is((await streamOf(other)).status, 403)
  assert.is((await owner.call('unregister_printer', { force: true })).status, 200)
  const [its, foreign] = [await streamOf(owner), await streamOf(other)]
  assert.is(foreign.status, 200, 'nobody’s printer yet')
  assert.is((await owner.call('register_printer', { name: 'Mine again' })).status, 200)
  await eventually('the stream ends', () => foreign.isOver())
  assert.not.match(JSON.stringify(foreign.events), /Mine again/)
  await eventually('the change', () => its.state().registration.name === 'Mine again')
  assert.is(its.isOver(), false)
})

test('streams are bounded, for each client and in all', async () => {
  const streams = await Promise.all(Array.from({ length: 8 }, () => openStream()))
  assert.ok(streams.every(({ status }) => status === 200))
  assert.is((await openStream()).status, 429)
  assert.is((await openStream({ 'x-forwarded-for': '192.168.1.77' })).status, 200, 'another client')
  streams[0]?.close()
  await eventually('there is room again', async () => (await openStream()).status === 200)
})

test('a slow payment and a preparation are followed for their person only', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const cookie = browser.cookie()
  const [mine, others] = await Promise.all([openStream({ cookie }), openStream()])
  const model = makeModel('Gear')
  fixture.market.shop.models.push(model)
  fixture.market.shop.isLedgerSlow = true
  const wish = {
    model_id: model.model_id,
    license_type: 'pay-per-print',
    storage_currency: 'hbar',
    idempotency_key: 'once',
  }
  const [bought, again] = await Promise.all([browser.call('buy_model', wish), browser.call('buy_model', wish)])
  assert.equal([bought.json.status, again.json.purchase_id], ['pending', bought.json.purchase_id])
  assert.is(fixture.market.shop.purchases.length, 1, 'a double click buys once')
  const [purchase] = fixture.market.shop.purchases
  if (purchase) purchase.status = 'active'
  await eventually('the page is told', () =>
    mine.events.some(({ name, data }) => name === 'changed' && data.lists.includes('wallet')),
  )
  assert.not.ok(others.events.some(({ name }) => name === 'changed'))
  await browser.post('api/logout', {})
  await eventually('the stream of the session ends', () => mine.isOver())
})

test('the list of models is searched, a profile is stored from a form, and pictures are PNGs', async () => {
  fixture.market.shop.models.push(makeModel('Gear'), makeModel('Vase'))
  const browser = createBrowser(page.url)
  await browser.logIn()
  const { models } = (await browser.call('models', { search: 'vas' })).json
  assert.equal(
    models.map(({ title }: { title: string }) => title),
    ['Vase'],
  )
  const picture = await browser.get(`api/pictures/models/${models[0].model_id}/front`)
  assert.equal([picture.status, picture.headers['content-type']], [200, 'image/png'])
  const form = new FormData()
  form.append('files', new Blob(['{}']), 'my "voron".json')
  form.append('name', 'Mine')
  const sent = new Request(`${page.url}api/upload-profile`, { method: 'POST', body: form })
  const answer = await fetch(sent, {
    headers: {
      'content-type': sent.headers.get('content-type') ?? '',
      cookie: browser.cookie(),
      'x-lmnt-csrf': browser.session().csrf,
    },
  })
  const stored = (await answer.json()) as { name: string; warnings: string[] }
  assert.equal([answer.status, stored.name, stored.warnings.length], [200, 'Mine', 1])
  assert.is(fixture.market.shop.uploads.length, 1)
  const { print_profiles } = (await browser.call('print_profiles')).json
  assert.is(print_profiles[0].name, 'Mine')
})

async function tokenOf(): Promise<string> {
  const { user } = await import('../../make/edge/fake-marketplace.ts')
  const answer = await fixture.edge.call('login_user', { email: user.email, password: user.password })
  return (answer as { token: string }).token
}

test.run()
