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

test('a log-out in another window ends the session here too, and the page says so', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  await visit(page, 'catalogue')
  const other = await page.context().newPage()
  await other.goto(world.pageUrl)
  await other.getByTestId('person').click()
  await other.getByTestId('log-out').click()
  await other.getByText('You are logged out.').waitFor()
  assert.is(await other.getByTestId('session-ended').count(), 0)
  await page.getByTestId('session-ended').getByText('Your session has ended. Log in again.').waitFor()
  await page.getByTestId('session-ended').getByRole('link', { name: 'Log in' }).waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByTestId('session-ended').waitFor({ state: 'detached' })
  await world.closePage(page)
})

test('the page sends nothing that is refused when it opens', async world => {
  const owner = await world.openPage()
  await logIn(owner, await world.newPerson())
  await registerPrinter(owner, 'Voron')
  await world.closePage(owner)

  const page = await world.openPage()
  const refused: string[] = []
  page.on('response', response => response.status() >= 400 && refused.push(`${response.status()} ${response.url()}`))
  await page.reload()
  await page.getByText('Log in to see the waiting prints.').waitFor()
  assert.equal(refused, [])
  await world.closePage(page)
})

// The last one: no client of this host can log in for half a minute afterwards.
test('five wrong passwords make the next one wait, and the page says how long', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await visit(page, 'login')
  await page.getByLabel('E-mail address').fill(person.email)
  for (let guess = 1; guess <= 5; guess++) {
    await page.getByLabel('Password').fill(`guess ${guess}`)
    await Promise.all([
      page.waitForResponse(answer => answer.url().includes('api/login')),
      page.getByTestId('log-in').click(),
    ])
    await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor()
  }
  await page.getByLabel('Password').fill(person.password)
  await page.getByTestId('log-in').click()
  await page
    .getByRole('alert')
    .getByText(/Too many attempts. Try again in \d+ s\./)
    .waitFor()
  await world.closePage(page)
})

run()
