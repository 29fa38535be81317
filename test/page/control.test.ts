import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { violationsInBothThemes } from '../make/page/axe.ts'
import { browserSuite } from '../make/page/browser.ts'
import { type ReadyToPrint, readyToPrint } from '../make/page/ready.ts'
import { startPrint, visit } from '../make/page/steps.ts'

/** Slow enough to be paused and cancelled. */
const { test, run } = browserSuite("a running print on the printer's page", () => readyToPrint({ linesPerSecond: 300 }))

async function orderPrint({ page }: ReadyToPrint): Promise<void> {
  await visit(page, 'models')
  await page.getByTestId('purchase').first().getByRole('link').click()
  await page.getByTestId('print-now').click()
}

async function beginPrint(world: ReadyToPrint): Promise<void> {
  const { page } = world
  await orderPrint(world)
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

test('axe-core finds nothing serious about a print that waits, runs and pauses, nor in its question and its receipt', async world => {
  const { page, printer } = world
  const found: string[] = []
  const look = async (what: string, bring: (page: Page) => Promise<unknown>) =>
    found.push(...(await violationsInBothThemes(world, what, bring)))
  await orderPrint(world)
  await look('a print that waits', own => own.getByLabel('The bed is clear').waitFor())
  await printer.call('virtual_printer.set_speed', { lines_per_second: 20 })
  await startPrint(page)
  await look('a running print', own => own.getByText(/\d+% Printing/).waitFor())
  await look('the question before a cancel', async own => {
    await own.getByTestId('cancel').click()
    await own.getByTestId('confirm').waitFor()
  })
  await page.getByTestId('pause').click()
  await look('a paused print', own => own.getByText(/\d+% Paused/).waitFor())
  await printer.call('virtual_printer.set_speed', { lines_per_second: 300 })
  await page.getByTestId('cancel').click()
  await page.getByTestId('confirm').click()
  await page.getByText('Nothing is printing.').waitFor()
  await look('the receipt', async own => {
    await visit(own, 'history')
    await own.getByTestId('receipt').first().click()
    await own.getByTestId('ledger-events').waitFor()
  })
  assert.equal(found, [])
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

test('with the marketplace down a print is watched, paused, resumed and cancelled; lists come back by themselves', async world => {
  const { page, printer } = world
  // Longer than the page takes to notice that the marketplace is away.
  await printer.call('virtual_printer.set_speed', { lines_per_second: 20 })
  await beginPrint(world)
  world.setMarketplaceUp(false)
  try {
    await page.getByTestId('marketplace-away').waitFor({ timeout: 90_000 })
    await page.getByTestId('pause').click()
    await page.getByText(/\d+% Paused/).waitFor()
    await page.getByTestId('resume').click()
    await page.getByText(/\d+% Printing/).waitFor()
    await page.getByTestId('cancel').click()
    await page.getByTestId('confirm').click()
    await page.getByText('Nothing is printing.').waitFor()
    await visit(page, 'models')
    await visit(page, 'print')
    const queue = page.getByTestId('queue')
    await queue.getByRole('alert').waitFor()
    assert.is(await queue.getByText('No prints are waiting.').count(), 0)
    await visit(page, 'catalogue')
    await page.getByRole('alert').getByText('The marketplace cannot be reached.').waitFor()
  } finally {
    world.setMarketplaceUp(true)
    await printer.call('virtual_printer.set_speed', { lines_per_second: 300 })
  }
  await page.getByTestId('marketplace-away').waitFor({ state: 'detached', timeout: 90_000 })
  await page.getByTestId('model').first().waitFor()
  await eventually('the catalogue without an error', async () => (await page.getByRole('alert').count()) === 0)
  await visit(page, 'history')
  await page.getByTestId('history-item').first().getByText('print given back').waitFor({ timeout: 60_000 })
})

test('after a restart of the service the page reconnects, says that the session has ended, and shows lists as they are now', async world => {
  const { page, stack, owner } = world
  await visit(page, 'models')
  await page.getByTestId('purchase').first().waitFor()
  process.kill(stack.pids().edge!, 'SIGKILL')
  await page.getByTestId('edge-away').waitFor()
  await page.getByTestId('edge-away').waitFor({ state: 'detached' })
  const ended = page.getByTestId('session-ended')
  await ended.getByText('Your session has ended. Log in again.').waitFor()
  assert.is(await page.getByTestId('purchase').count(), 0)
  // Meanwhile something changes, which an event of before the restart cannot tell.
  await buyElsewhere(world)
  await ended.getByRole('link', { name: 'Log in' }).click()
  await page.getByLabel('E-mail address').fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByTestId('log-in').click()
  await eventually('both purchases', async () => (await page.getByTestId('purchase').count()) === 2, 60_000)
  assert.is(await ended.count(), 0)
})

/** A purchase by the marketplace's own API. */
async function buyElsewhere({ owner, model }: ReadyToPrint): Promise<void> {
  const order = {
    user_id: owner.userId,
    model_id: model.model_id,
    license_type: 'pay-per-print',
    storage_currency: 'hbar',
  }
  await owner.api.post('/api/purchase-model', order)
}

run()
