import * as assert from 'uvu/assert'
import { browserSuite } from '../make/page/browser.ts'
import { readyToPrint } from '../make/page/ready.ts'
import { visit } from '../make/page/steps.ts'

const { test, run } = browserSuite("the screens of the printer's page", () => readyToPrint({ linesPerSecond: 300 }))
const screens = ['', 'models', 'catalogue', 'history', 'printer', 'security', 'settings', 'login']

test('a phone of 360 px shows every screen without scrolling sideways', async world => {
  const page = await world.page.context().newPage()
  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto(world.pageUrl)
  for (const screen of screens) {
    await visit(page, screen)
    await page.locator('#page-main').getByRole('heading').first().waitFor()
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(width <= 360, `${screen}: ${width} px`)
  }
  await page.getByRole('button', { name: 'Navigation' }).click()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByText('Auto start').first().waitFor()
  await page.close()
})

test('the page is complete in German', async world => {
  const page = await world.openPage({ locale: 'de-DE' })
  await page.getByRole('link', { name: 'Katalog' }).waitFor()
  assert.is(await page.locator('[lang|=de]').count(), 1)
  await world.closePage(page)
})

run()
