import type { Frame, Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { browserSuite } from '../make/page/browser.ts'
import { startHostPage } from '../make/page/host.ts'
import { logIn, registerPrinter, visit } from '../make/page/steps.ts'
import { makePageWorld } from '../make/page/world.ts'

const { test, run } = browserSuite("the printer's page inside Mainsail and Fluidd", async () => {
  const world = await makePageWorld()
  const fluidd = await startHostPage(world.pageUrl, { title: 'fluidd', isDark: true, primary: '#2196F3' })
  const mainsail = await startHostPage(world.pageUrl, { title: 'Mainsail', isDark: false, primary: '#ff0000' })
  const { close } = world
  return Object.assign(world, {
    fluidd,
    mainsail,
    close: () => Promise.all([fluidd.close(), mainsail.close()]).then(close),
  })
})

const frameOf = (page: Page) => page.frameLocator('iframe')
/** As the hosts set it, when their tab is hidden and shown again. */
const setAddress = (page: Page, address: string) => page.evaluate(`document.querySelector('iframe').src = '${address}'`)
const screens = ['models', 'catalogue', 'history', 'printer', 'security', 'settings', 'login', '']

/** The controls in the two corners where Fluidd has buttons of 40 px above the frame. */
const coveredControls = `[...document.querySelectorAll('a, button, input, textarea, select')]
  .map(one => ({ one, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 0 && box.height > 0)
  .filter(({ box }) =>
    (box.right > innerWidth - 40 && box.top < 40) || (box.left < 40 && box.bottom > innerHeight - 40 && box.top < innerHeight))
  .map(({ one }) => one.outerHTML.slice(0, 120))`

test('it has no bar of its own, leaves Fluidd’s two corners free, and fits into the frame', async world => {
  const page = await world.openPage({ url: world.fluidd.url })
  const frame = frameOf(page)
  await frame.getByRole('link', { name: 'Catalogue' }).waitFor()
  const inner = page.frames()[1] as Frame
  for (const screen of screens) {
    await inner.evaluate(`location.hash = '/${screen}'`)
    await frame.locator('#page-main .v-card').first().waitFor()
    assert.is(await frame.getByRole('banner').count(), 0, screen)
    assert.is(await frame.locator('.v-navigation-drawer').count(), 0, screen)
    assert.is(await inner.evaluate('document.documentElement.scrollWidth > innerWidth'), false, `${screen} is too wide`)
    assert.equal(await inner.evaluate(coveredControls), [], screen)
    await inner.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    assert.equal(await inner.evaluate(coveredControls), [], `the end of ${screen}`)
  }
  await world.closePage(page)
})

test('it is drawn like its host, and changes with it', async world => {
  const page = await world.openPage({ url: world.fluidd.url })
  const frame = frameOf(page)
  await frame.locator('.v-theme--fluidd-dark').first().waitFor()
  const background = "getComputedStyle(document.querySelector('.v-application')).backgroundColor"
  assert.is(await (page.frames()[1] as Frame).evaluate(background), 'rgb(30, 30, 32)')
  await page.locator('#app').evaluate(app => void app.classList.replace('theme--dark', 'theme--light'))
  await frame.locator('.v-theme--fluidd-light').first().waitFor()
  await world.closePage(page)

  const other = await world.openPage({ url: world.mainsail.url })
  await frameOf(other).locator('.v-theme--mainsail-light').first().waitFor()
  await world.closePage(other)
})

/** Chooses from a list of the settings. */
async function choose(page: Page, label: string, choice: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).press('ArrowDown')
  await page.getByRole('option', { name: choice, exact: true }).click()
}

test('the full page has the theme that its host stores, unless the person chooses another', async world => {
  const page = await world.openPage({ url: world.mainsail.pageUrl })
  const drawnAs = (theme: string) => page.locator(`.v-application.v-theme--${theme}`).waitFor()
  await drawnAs('mainsail-light')
  const primary = "getComputedStyle(document.querySelector('.v-application')).getPropertyValue('--v-theme-primary')"
  assert.match(await page.evaluate<string>(primary), /^\s*\d{3},0,0$/)
  await visit(page, 'settings')
  await choose(page, 'Theme', 'Dark')
  await drawnAs('mainsail-dark')
  await page.reload()
  await drawnAs('mainsail-dark')
  await page.goto(world.fluidd.pageUrl)
  await drawnAs('fluidd-dark')
  await visit(page, 'settings')
  await choose(page, 'Theme', 'Light')
  await drawnAs('fluidd-light')
  await choose(page, 'Theme', 'Automatic')
  await drawnAs('fluidd-dark')
  await world.closePage(page)
})

test('a printer without an interface has no way back to one, and none of its themes', async world => {
  const page = await world.openPage({ url: world.mainsail.pageUrl })
  await logIn(page, await world.newPerson())
  await registerPrinter(page, 'Voron')
  const back = page.getByRole('link', { name: /^Back to/ })
  for (const [setting, theme, links] of [
    ['None', 'mainsail-dark', 0],
    ['Fluidd', 'fluidd-dark', 1],
    ['Automatic', 'mainsail-light', 1],
  ] as const) {
    await visit(page, 'settings')
    await choose(page, 'Interface', setting)
    await page.getByText('The settings are stored.').waitFor()
    await page.reload()
    await page.locator(`.v-application.v-theme--${theme}`).waitFor()
    assert.is(await back.count(), links, setting)
  }
  await visit(page, 'printer')
  await page.getByRole('button', { name: 'Unregister' }).click()
  await page.getByTestId('confirm').click()
  await page.getByTestId('register').waitFor()
  await world.closePage(page)
})

test('its log-in opens the full page, from which a link leads back; then the frame knows the person', async world => {
  const person = await world.newPerson()
  const page = await world.openPage({ url: world.mainsail.url })
  await frameOf(page).getByRole('link', { name: 'My models' }).click()
  await frameOf(page).getByRole('link', { name: 'Log in on the full page' }).first().click()
  await page.waitForURL(`${world.mainsail.pageUrl}#/login`)
  await page.locator('.v-theme--mainsail-light').first().waitFor()
  await logIn(page, person)
  const back = page.getByRole('link', { name: 'Back to Mainsail' })
  assert.is(await back.getAttribute('href'), '/')
  await back.click()
  await page.waitForURL(`${world.mainsail.url}/`)
  await frameOf(page).getByRole('link', { name: 'My models' }).click()
  await frameOf(page).getByText('You have not bought a model yet.').waitFor()
  await world.closePage(page)
})

test('what is typed survives the hidden tab, for which Fluidd empties the frame', async world => {
  const person = await world.newPerson()
  const page = await world.openPage({ url: world.fluidd.pageUrl })
  await logIn(page, person)
  await page.goto(world.fluidd.url)
  const frame = frameOf(page)
  await frame.getByRole('link', { name: 'Printer', exact: true }).click()
  await frame.getByLabel('Name', { exact: true }).fill('Half a name')
  await setAddress(page, 'about:blank')
  await frame.locator('.v-application').waitFor({ state: 'detached' })
  await setAddress(page, '/server/lmnt/?embed=1')
  await frame.getByRole('link', { name: 'Printer', exact: true }).click()
  await frame.getByTestId('register').waitFor()
  assert.is(await frame.getByLabel('Name', { exact: true }).inputValue(), 'Half a name')

  // The frame is whole: the same order works in it.
  await frame.getByTestId('register').click()
  await frame.getByText('Valid; it renews itself').waitFor()
  await world.closePage(page)
})

run()
