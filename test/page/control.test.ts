import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { browserSuite } from '../make/page/browser.ts'
import { type ReadyToPrint, readyToPrint } from '../make/page/ready.ts'
import { startPrint, visit } from '../make/page/steps.ts'

/** Slow enough to be paused and cancelled. */
const { test, run } = browserSuite("a running print on the printer's page", () => readyToPrint({ linesPerSecond: 300 }))

async function beginPrint({ page }: ReadyToPrint): Promise<void> {
  await visit(page, 'models')
  await page.getByTestId('purchase').first().getByRole('link').click()
  await page.getByTestId('print-now').click()
  await startPrint(page)
  await page.getByText(/\d+% Printing/).waitFor({ timeout: 60_000 })
}

test('a print is paused, resumed and cancelled without a log-in, and the right is given back', async world => {
  await beginPrint(world)
  const other = await world.openPage()
  await other.getByText(/\d+% Printing/).waitFor()
  await other.getByTestId('pause').click()
  await world.page.getByText(/\d+% Paused/).waitFor()
  await other.getByTestId('resume').click()
  await world.page.getByText(/\d+% Printing/).waitFor()
  await other.getByTestId('cancel').click()
  await other.getByTestId('confirm').click()
  await other.getByText('Nothing is printing.').waitFor({ timeout: 60_000 })
  await world.closePage(other)
  await visit(world.page, 'history')
  await world.page.getByTestId('history-item').first().getByText('print given back').waitFor({ timeout: 60_000 })
})

test('a failed print says why, and gives the right back', async world => {
  const { page } = world
  await world.printer.call('virtual_printer.fail', {
    line: 200,
    how: 'error',
    message: 'Heater <b>extruder</b> failed',
  })
  await visit(page, 'models')
  const before = await page.getByTestId('prints-left').first().textContent()
  await page.getByTestId('purchase').first().getByRole('link').click()
  await page.getByTestId('print-now').click()
  await startPrint(page)
  await visit(page, 'history')
  const item = page.getByTestId('history-item').first()
  await item.getByText('Failed', { exact: true }).waitFor({ timeout: 60_000 })
  await item.getByText('print given back').waitFor()
  await item.getByText(/Heater .*extruder.* failed/).waitFor()
  await visit(page, 'models')
  await eventually('the right', async () => (await page.getByTestId('prints-left').first().textContent()) === before)
  assert.is(await page.locator('b').count(), 0)
})

run()
