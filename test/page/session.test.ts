import * as assert from 'uvu/assert'
import { browserSuite } from '../make/page/browser.ts'
import { logIn, registerPrinter, visit } from '../make/page/steps.ts'
import { makePageWorld } from '../make/page/world.ts'

const { test, run } = browserSuite("log-ins on the printer's page", () => makePageWorld())

test('a wrong password is refused in words, and the password is gone from the form', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await visit(page, 'login')
  await page.getByLabel('E-mail address').fill(person.email)
  await page.getByLabel('Password').fill('not the password')
  await page.getByTestId('log-in').click()
  await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor()
  assert.is(await page.getByLabel('Password').inputValue(), '')
  assert.is(await page.getByLabel('E-mail address').inputValue(), person.email)
  await world.closePage(page)
})

test('the page sends nothing that is refused when it opens', async world => {
  const page = await world.openPage()
  const refused: string[] = []
  page.on('response', response => response.status() >= 400 && refused.push(`${response.status()} ${response.url()}`))
  await page.reload()
  await page.getByText('Log in to see the waiting prints.').waitFor()
  assert.equal(refused, [])
  await world.closePage(page)
})

test('the log-in leads back to the screen that asked for it, and the log-out ends it', async world => {
  const person = await world.newPerson()
  const page = await world.openPage({ url: `${world.pageUrl}#/catalogue` })
  await page.getByRole('link', { name: 'Log in' }).last().click()
  await page.getByLabel('E-mail address').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await page.getByTestId('log-in').click()
  await page.getByTestId('model').first().waitFor()
  await page.getByTestId('person').click()
  await page.getByTestId('log-out').click()
  await page.getByText('You are logged out.').waitFor()
  await visit(page, 'models')
  await page.getByText('Log in to see the models that you have bought.').waitFor()
  await world.closePage(page)
})

test('an expired session asks for a log-in, and the draft is still there after it', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  await visit(page, 'printer')
  await page.getByLabel('Name', { exact: true }).fill('Half a name')
  await page.context().clearCookies()
  await page.getByTestId('register').click()
  await page.getByText('Log in to register this printer').waitFor()
  await logIn(page, person)
  await visit(page, 'printer')
  await page.getByTestId('register').waitFor()
  assert.is(await page.getByLabel('Name', { exact: true }).inputValue(), 'Half a name')
  await world.closePage(page)
})

test('a call without the value of the session is refused, and so is a page of another name', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  const forged = await page.evaluate(
    async () => (await fetch('api/call/purchases', { method: 'POST', body: '{}' })).status,
  )
  assert.is(forged, 403)
  const { port } = new URL(world.pageUrl)
  const rebound = await world.browser.newContext()
  const answer = await rebound.request.get(`http://127.0.0.1:${port}/api/session`, {
    headers: { host: 'evil.example.org' },
  })
  assert.ok(answer.status() >= 400, String(answer.status()))
  await rebound.close()
  await page.context().close()
})

test('text of others is never HTML: titles, printer names and errors', async world => {
  const attack = '<img src=x onerror="window.hacked=1"><b>bold</b>'
  await world.publishModel(attack)
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  await registerPrinter(page, attack.slice(0, 80))
  await visit(page, 'catalogue')
  await page.getByTestId('model').filter({ hasText: 'onerror' }).waitFor()
  await page.getByTestId('model').filter({ hasText: 'onerror' }).getByTestId('buy').click()
  await page.getByRole('heading', { name: 'onerror' }).last().waitFor()
  await page.route('**/api/call/buy_model', route =>
    route.fulfill({ status: 422, json: { code: 'stl_empty', detail: `${attack} is refused` } }),
  )
  await page.getByTestId('confirm').click()
  await page.getByRole('alert').getByText('is refused').waitFor()
  assert.is(await page.locator('b, img[src=x]').count(), 0)
  assert.is(await page.evaluate("'hacked' in window"), false)
  await world.closePage(page)
})

run()
