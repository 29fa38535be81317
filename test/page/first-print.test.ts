import * as assert from 'uvu/assert'
import { browserSuite } from '../make/page/browser.ts'
import {
  addProfile,
  buy,
  logIn,
  openPurchase,
  registerPrinter,
  slice,
  startPrint,
  switchAutoStartOff,
  visit,
} from '../make/page/steps.ts'
import { makePageWorld } from '../make/page/world.ts'

const { test, run } = browserSuite("the printer's page, from a new printer to a finished print", () => makePageWorld())

test('a person logs in, registers the printer, buys, slices, prints, and finds the receipt', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await page.getByText('Set up this printer').waitFor()
  await logIn(page, person)
  await registerPrinter(page, 'Voron in the cellar')
  await page.getByText('Valid; it renews itself').waitFor()
  await switchAutoStartOff(page)

  await buy(page, world.model.title)
  await openPurchase(page, world.model.title)
  await addProfile(page)
  await page.getByTestId('fee').getByLabel('0.1 HBAR').waitFor()
  await slice(page)
  await page.getByTestId('prepared').getByText('0.1 HBAR').waitFor()
  await page.getByTestId('print-now').click()

  const job = page.getByTestId('job')
  await job.getByRole('heading', { name: 'Ready to print' }).waitFor({ timeout: 60_000 })
  assert.is(await page.getByTestId('start').isDisabled(), true, 'nobody has said that the bed is clear')
  await startPrint(page)
  await page.getByText('Nothing is printing.').waitFor({ timeout: 120_000 })

  await visit(page, 'history')
  const item = page.getByTestId('history-item').first()
  await item.getByText('Successful').waitFor({ timeout: 60_000 })
  await item.getByText('one print used').waitFor()
  await item.getByTestId('receipt').click()
  const ledger = page.getByTestId('ledger-events')
  await ledger.getByText('Successful print').waitFor()
  await ledger
    .getByText(/Sequence number \d+/)
    .nth(2)
    .waitFor({ timeout: 60_000 })
  await ledger
    .getByText(/Consensus time .*\d+\.\d{9}/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await visit(page, 'models')
  await page.getByTestId('prints-left').getByText('2 prints left of 3').waitFor()
  await world.closePage(page)
})

run()
