import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { browserSuite } from '../make/page/browser.ts'
import { addProfile, buy, logIn, openPurchase, registerPrinter, slice, visit } from '../make/page/steps.ts'
import { makePageWorld } from '../make/page/world.ts'

const { test, run } = browserSuite("buying on the printer's page", () => makePageWorld())

test('a double click on the price buys once', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  await visit(page, 'catalogue')
  await page.getByTestId('model').filter({ hasText: world.model.title }).getByTestId('buy').click()
  const confirm = page.getByTestId('confirm')
  await confirm.waitFor()
  // Without Playwright's own wait for a button that can be clicked: as a nervous finger does it.
  await confirm.evaluate(button => {
    for (let click = 0; click < 3; click++) (button as { click?: () => void }).click?.()
  })
  await page.getByText('You have bought').or(page.getByText('is on its way')).first().waitFor()
  const { purchases } = await eventually('the purchase to be paid', async () => {
    const answer = await person.api.get<{ purchases: { status: string }[] }>('/api/purchases')
    return answer.purchases.every(({ status }) => status === 'active') && answer
  })
  assert.is(purchases.length, 1)
  await world.closePage(page)
})

test('a purchase whose answer was lost is the same purchase when it is confirmed again', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, person)
  await visit(page, 'catalogue')
  await page.getByTestId('model').filter({ hasText: world.model.title }).getByTestId('buy').click()
  let isLost = false
  await page.route('**/api/call/buy_model', async route => {
    const answer = await route.fetch()
    if (isLost) return route.fulfill({ response: answer })
    isLost = true
    return route.abort('connectionreset')
  })
  await page.getByTestId('confirm').click()
  await page.getByText('does not answer').first().waitFor()
  await page.getByTestId('confirm').click()
  await page.getByText('You have bought').or(page.getByText('is on its way')).first().waitFor()
  const { purchases } = await person.api.get<{ purchases: unknown[] }>('/api/purchases')
  assert.is(purchases.length, 1)
  await page.context().close()
})

test('a wallet without enough says so, and how to add to it', async world => {
  const person = await world.newPerson()
  const page = await world.openPage()
  await page.route('**/api/call/wallet', async route => {
    const answer = await route.fetch()
    const wallet = await answer.json()
    await route.fulfill({ json: { ...wallet, balances: [{ amount: '0.5', currency: 'hbar' }] } })
  })
  await logIn(page, person)
  await visit(page, 'catalogue')
  await page.getByTestId('model').first().getByTestId('buy').click()
  await page.getByText('does not hold enough').waitFor()
  await page.getByText(/send HBAR or PRINT to account 0\.0\.\d+/).waitFor()
  assert.is(await page.getByTestId('confirm').isDisabled(), true)
  await world.closePage(page)
})

test('a slicing fee that the wallet does not hold is named before the order, and nothing is charged', async world => {
  // The price of the model and no more.
  const person = await world.newPerson(10n)
  const page = await world.openPage()
  await logIn(page, person)
  await registerPrinter(page, 'Voron')
  await buy(page, world.model.title)
  await openPurchase(page, world.model.title)
  await addProfile(page)
  const fee = page.getByTestId('fee')
  assert.is(await fee.getByLabel('0.1 HBAR').isChecked(), true)
  const missing = fee.getByText('Your wallet does not hold enough.')
  await missing.waitFor()
  await fee.getByText(/send HBAR or PRINT to account 0\.0\.\d+/).waitFor()
  assert.is(await page.getByTestId('prepare').isDisabled(), true)

  // As a page would that does not know better.
  const purchase_id = new URL(page.url()).hash.split('/').at(-1)
  const { print_profiles } = await person.api.get<{ print_profiles: { print_profile_id: string }[] }>(
    '/api/print-profiles',
  )
  const order = { purchase_id, print_profile_id: print_profiles[0]!.print_profile_id, storage_currency: 'hbar' }
  const balances = async () => (await person.api.get<{ balances: unknown[] }>('/api/wallet')).balances
  const before = await balances()
  const refusal = await page.evaluate(orderSlicing(order))
  assert.equal(refusal, { status: 402, code: 'insufficient_funds' })
  assert.equal(await balances(), before)

  // The other currency pays for it.
  await fee.getByLabel('PRINT').check()
  await missing.waitFor({ state: 'detached' })
  await slice(page)
  await world.closePage(page)
})

/** Sends the order as the page does, past its button. */
const orderSlicing = (order: object) => `(async () => {
  const { csrf } = await (await fetch('api/session')).json()
  const headers = { 'content-type': 'application/json', 'x-lmnt-csrf': csrf }
  const body = JSON.stringify({ ...${JSON.stringify(order)}, idempotency_key: 'a-fee-that-is-not-there' })
  const answer = await fetch('api/call/prepare_model', { method: 'POST', headers, body })
  return { status: answer.status, code: (await answer.json()).code }
})()`

run()
