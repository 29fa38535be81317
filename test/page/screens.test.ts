import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { openWithAxe, violationsOn } from '../make/page/axe.ts'
import { browserSuite } from '../make/page/browser.ts'
import { openOwnWindow, type ReadyToPrint, readyToPrint } from '../make/page/ready.ts'
import { visit } from '../make/page/steps.ts'

const { test, run } = browserSuite("the screens of the printer's page", () => readyToPrint({ linesPerSecond: 300 }))
/** All screens; the window of the set-up shows the preparation of a purchase. */
const screensOf = ({ page }: ReadyToPrint) => [
  '',
  'models',
  new URL(page.url()).hash.slice(2),
  'catalogue',
  'history',
  'printer',
  'security',
  'settings',
  'login',
]

/** Opens a screen and waits until it has loaded. */
async function show(page: Page, screen: string): Promise<void> {
  await visit(page, screen)
  await page.locator('#page-main').getByRole('heading').first().waitFor()
  await page.getByRole('progressbar', { name: 'Loading' }).waitFor({ state: 'detached' })
  // The form comes bit by bit, as its lists are answered.
  if (screen.startsWith('models/')) for (const part of ['profile', 'fee']) await page.getByTestId(part).waitFor()
}

/** Opens the dialog that asks before a model is bought, by keyboard. */
async function askToBuy(page: Page): Promise<void> {
  await show(page, 'catalogue')
  await page.getByTestId('buy').first().press('Enter')
  await page.getByTestId('confirm').waitFor()
}

for (const theme of ['dark', 'light'] as const) {
  test(`axe-core finds nothing serious on any screen, menu, list or dialog, ${theme}`, async world => {
    const page = await openWithAxe(world, theme)
    const found: string[] = []
    const look = async (what: string) => found.push(...(await violationsOn(page, what)))
    for (const screen of screensOf(world)) {
      await show(page, screen)
      await look(screen)
    }
    await show(page, 'settings')
    await page.getByRole('combobox', { name: 'Theme' }).press('ArrowDown')
    await page.getByRole('option', { name: 'Automatic' }).waitFor()
    await look('an open list')
    await page.keyboard.press('Escape')
    await page.getByTestId('person').click()
    await page.getByTestId('log-out').waitFor()
    await look("the person's menu")
    await page.keyboard.press('Escape')
    await show(page, 'printer')
    await page.getByRole('button', { name: 'Unregister' }).click()
    await page.getByTestId('confirm').waitFor()
    await look('the question before the printer is unregistered')
    await page.keyboard.press('Escape')
    await askToBuy(page)
    await look('the question before a purchase')
    assert.equal(found, [])
    await page.close()
  })
}

/** What can be used by a pointer or the keyboard, as far as it is shown. */
const controls = `[...document.querySelectorAll('a[href], button, input, textarea, select, [role=button]')]
  .filter(one => !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !one.closest('.v-navigation-drawer:not(.v-navigation-drawer--active)'))`

test('a phone of 360 px shows every screen without scrolling sideways, with every control inside', async world => {
  const page = await openOwnWindow(world)
  await page.setViewportSize({ width: 360, height: 740 })
  const lookForControlsOutside = async (what: string) => {
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= 360, `${what}: ${width} px`)
    const outside = await page.evaluate(`${controls}
      .filter(one => !one.matches('.skip-link'))
      .filter(one => one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > 360)
      .map(one => one.outerHTML.slice(0, 160))`)
    assert.equal(outside, [], what)
  }
  for (const screen of screensOf(world)) {
    await show(page, screen)
    await lookForControlsOutside(screen)
  }
  await askToBuy(page)
  await lookForControlsOutside('the dialog')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Navigation' }).click()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByText('Auto start').first().waitFor()
  await page.close()
})

test('the Tab key comes to every control of every screen, the skip link first', async world => {
  const page = await openOwnWindow(world)
  await page.keyboard.press('Tab')
  await page.getByRole('link', { name: 'Skip to the content' }).and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  assert.is(await page.evaluate('document.activeElement.id'), 'page-main')
  await page.evaluate("document.addEventListener('focusin', ({ target }) => target.setAttribute('data-reached', ''))")
  for (const screen of screensOf(world)) {
    await show(page, screen)
    const count = await page.evaluate<number>(`${controls}.length`)
    // Once around the whole page. Of a group of radio buttons it stops at the chosen one; the arrow keys choose another.
    for (let pressed = 0; pressed < count + 5; pressed++) await page.keyboard.press('Tab')
    const unreached = await page.evaluate(
      `${controls}.filter(one => !one.matches('[data-reached], [type=radio]:not(:checked)')).map(one => one.outerHTML.slice(0, 160))`,
    )
    assert.equal(unreached, [], screen)
  }
  await page.close()
})

test('a dialog takes the focus, keeps it, and gives it back to the control that has opened it', async world => {
  const page = await openOwnWindow(world)
  await askToBuy(page)
  const isInDialog = () => page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key)
    assert.is(await isInDialog(), true, key)
  }
  await page.keyboard.press('Escape')
  await page.getByTestId('confirm').waitFor({ state: 'detached' })
  await page.getByTestId('buy').first().and(page.locator(':focus')).waitFor()
  await page.close()
})

test('the page is complete in German', async world => {
  const page = await world.openPage({ locale: 'de-DE' })
  await page.getByRole('link', { name: 'Katalog' }).waitFor()
  assert.is(await page.locator('[lang|=de]').count(), 1)
  await world.closePage(page)
})

run()
