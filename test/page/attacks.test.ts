import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { pageRequests } from '../../schema/page/requests.ts'
import { callAll, forgeries, insertMarkup } from '../make/page/attack-scripts.ts'
import { browserSuite, launchChromium } from '../make/page/browser.ts'
import { logIn, openPurchase, registerPrinter, visit } from '../make/page/steps.ts'
import { makePageWorld, type PageWorld } from '../make/page/world.ts'

/** Two printers, whose pages one edge serves. */
const { test, run } = browserSuite("attacks on the printer's page", () =>
  makePageWorld({ printers: 2, isEdgeShared: true }),
)
let owner: ReturnType<PageWorld['newPerson']> | undefined
/** The owner of both printers. */
const ownerOf = (world: PageWorld) => (owner ??= world.newPerson())

const attack = '<img src=x onerror="window.hacked=1"><b>bold</b>'

/** What a page of ours never has: markup of the attack as elements, or a sign that it ran. */
async function assertHarmless(page: Page, where: string): Promise<void> {
  assert.is(await page.locator('b, img[src=x]').count(), 0, where)
  assert.is(await page.evaluate("'hacked' in window"), false, where)
}

test('text of others is never HTML: titles, descriptions, names of printers, profiles and files, and errors', async world => {
  await world.publishModel(attack, { description: `Described by ${attack}` })
  const owner = await ownerOf(world)
  const page = await world.openPage()
  await logIn(page, owner)
  await registerPrinter(page, attack)
  await assertHarmless(page, 'the name of a printer')

  await visit(page, 'catalogue')
  const model = page.getByTestId('model').filter({ hasText: 'onerror' })
  await model.getByText('Described by <img').waitFor()
  await model.getByTestId('buy').click()
  await page.getByRole('heading', { name: 'onerror' }).last().waitFor()
  await assertHarmless(page, 'a title and a description')
  await page.route('**/api/call/buy_model', route =>
    route.fulfill({ status: 422, json: { code: 'stl_empty', detail: `${attack} is refused` } }),
  )
  await page.getByTestId('confirm').click()
  await page.getByRole('alert').getByText('is refused').waitFor()
  await assertHarmless(page, 'an error')
  await page.unroute('**/api/call/buy_model')
  await page.getByTestId('confirm').click()
  await page.getByText('You have bought').or(page.getByText('is on its way')).first().waitFor()

  await openPurchase(page, 'onerror')
  await page.getByTestId('add-profile').click()
  const notJson = { name: `${attack.replaceAll('/', '')}.json`, mimeType: 'application/json', buffer: Buffer.from('{') }
  await page.locator('input[type=file]').setInputFiles([notJson])
  await page.getByLabel('Name (optional)').fill(attack)
  await page.getByTestId('store-profile').click()
  await page.getByRole('alert').first().waitFor()
  await assertHarmless(page, 'the name of a file')
  for (const screen of ['', 'models', 'history', 'printer', 'security', 'settings']) {
    await visit(page, screen)
    await page.locator('#page-main').getByRole('heading').first().waitFor()
    await assertHarmless(page, screen)
  }
  await world.closePage(page)
})

test('even markup that got into the page would run nothing: its policy refuses inline scripts, handlers, styles and other hosts', async world => {
  const page = await world.openPage()
  const answer = await page.request.get(world.pageUrl)
  const policy = answer.headers()['content-security-policy'] ?? ''
  assert.match(policy, /default-src 'none'; script-src 'self';/)
  assert.match(policy, /base-uri 'none'; frame-ancestors 'self'$/)
  assert.not.match(policy, /unsafe|\*/)
  const refused = await page.evaluate<string[]>(insertMarkup)
  for (const directive of ['script-src-elem', 'script-src-attr', 'style-src-attr', 'img-src', 'connect-src']) {
    assert.ok(refused.includes(directive), `${directive} of ${refused}`)
  }
  assert.is(await page.evaluate('window.hacked'), undefined)
  await page.context().close()
})

/** A website of another origin that the same browser has open. On this host, so that the cookie is sent to us: only the port differs. */
async function openForeignSite(page: Page): Promise<void> {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Evil</title>'),
  )
  server.listen(0, '127.0.0.1').unref()
  await new Promise<void>(resolve => server.once('listening', resolve))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

test('a page of another origin orders nothing in the name of who is logged in, and cannot show the page', async world => {
  const owner = await ownerOf(world)
  const page = await world.openPage()
  await logIn(page, owner)
  const evil = await page.context().newPage()
  await openForeignSite(evil)
  const sent = new Set<string>()
  const answers: { path: string; status: number; hasCookie: boolean }[] = []
  const pathOf = (url: string) => new URL(url).pathname.replace('/api/', '')
  evil.on('request', request => sent.add(pathOf(request.url())))
  // Only of requests whose answer the browser does not keep from the website by itself.
  evil.on('response', async response => {
    const hasCookie = (await response.request().allHeaders()).cookie?.includes('lmnt_session') ?? false
    answers.push({ path: pathOf(response.url()), status: response.status(), hasCookie })
  })
  await evil.evaluate(forgeries(`${world.pageUrl}/api/`))
  for (const path of ['set_config', 'unregister_printer', 'cancel_job'].map(method => `call/${method}`))
    assert.ok(sent.has(path), path)
  for (const path of ['logout', 'session', 'events']) assert.ok(sent.has(path), path)
  assert.ok(
    answers.some(({ hasCookie }) => hasCookie),
    'the browser sends the cookie, since only the port differs',
  )
  assert.equal(
    answers.filter(({ status }) => status < 400),
    [],
  )

  await evil.setContent(`<iframe src="${world.pageUrl}/?embed=1"></iframe>`)
  await evil.waitForTimeout(1000)
  assert.is(await evil.frameLocator('iframe').locator('.v-application').count(), 0, 'frame-ancestors')

  await page.reload()
  await page.getByText(owner.email).first().waitFor()
  await visit(page, 'settings')
  assert.is(await page.getByLabel('Auto start', { exact: true }).isChecked(), true, 'as it was')
  await visit(page, 'security')
  await page.getByText('Request refused').first().waitFor()
  await world.closePage(page)
})

test('a website whose name is pointed at the printer (DNS rebinding) gets nothing', async world => {
  const { port } = new URL(world.pageUrl)
  const browser = await launchChromium(['--host-resolver-rules=MAP rebound.example 127.0.0.1'])
  try {
    const page = await browser.newPage()
    const answer = await page.goto(`http://rebound.example:${port}/`)
    assert.is(answer?.status(), 421)
    await page.getByText('host_not_allowed').waitFor()
    const statuses = await page.evaluate(`Promise.all([
      fetch('/api/session'),
      fetch('/api/call/cancel_job', { method: 'POST', body: '{}' }),
    ]).then(answers => answers.map(({ status }) => status))`)
    assert.equal(statuses, [421, 421])
  } finally {
    await browser.close()
  }
})

test('somebody in the network without a log-in watches and stops each printer, and the server refuses all else', async world => {
  const free = ['overview', 'queue', 'config', 'pause_print', 'resume_print', 'skip_object', 'cancel_job']
  const methods = Object.keys(pageRequests)
  const orders = methods.filter(method => !free.includes(method))
  for (const order of ['buy_model', 'print_model', 'start_job', 'register_printer', 'unregister_printer', 'set_config'])
    assert.ok(orders.includes(order), order)
  for (const printer of ['printer', 'printer-2']) {
    const page = await world.openPage({ url: `${world.pageUrl}/?printer=${printer}` })
    await page.getByText('Nothing is printing.').waitFor()
    const refused = await page.evaluate(callAll(orders, printer))
    assert.equal(
      refused,
      orders.map(method => `${method} 401`),
    )
    const answers = await page.evaluate<string[]>(callAll(free, printer))
    assert.equal(
      answers.filter(answer => / 40[13]$/.test(answer)),
      [],
    )
    for (const picture of ['models/mdl_1/front', 'preparations/prep_1/0']) {
      assert.is((await page.request.get(`${world.pageUrl}/api/pictures/${picture}`)).status(), 401, picture)
    }
    assert.is((await page.request.get(`${world.pageUrl}/api/security-log`)).status(), 401)
    await visit(page, 'settings')
    await page.getByLabel('Auto start', { exact: true }).waitFor()
    assert.is(await page.getByLabel('Auto start', { exact: true }).isDisabled(), true)
    await visit(page, 'catalogue')
    await page.getByRole('link', { name: 'Log in' }).last().waitFor()
    assert.is(await page.getByTestId('buy').count(), 0)
    await world.closePage(page)
  }
})

test('each of several printers has its own page, and orders go to the one that is shown', async world => {
  const owner = await ownerOf(world)
  const page = await world.openPage({ url: `${world.pageUrl}/?printer=printer-2` })
  await logIn(page, owner)
  await registerPrinter(page, 'The second one')
  const session = await (await page.request.get(`${world.pageUrl}/api/session`)).json()
  const names = session.printers.map((one: { registered_name: string | null }) => one.registered_name)
  assert.is(names[1], 'The second one')
  assert.is.not(names[0], 'The second one')
  await page.getByRole('combobox', { name: 'Printer' }).press('ArrowDown')
  await page.getByRole('option').first().click()
  await page.waitForURL(/printer=printer(#|$)/)
  assert.is(await page.getByRole('heading', { level: 1, name: 'The second one' }).count(), 0)
  await page.getByText(owner.email).first().waitFor()
  await world.closePage(page)
})

run()
