import type { Page } from 'playwright-core'
import { sampleProfile } from '../../../local/demo/sample.ts'
import type { Person } from '../chain.ts'
import { machine, pla, process } from '../slicer/bundles.ts'

/** What a person does on the page, step by step. Each waits until the page shows its result. */

export async function logIn(page: Page, { email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#/login`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByTestId('log-in').click()
  await page.getByText(email).first().waitFor()
}

export async function registerPrinter(page: Page, name: string): Promise<void> {
  await visit(page, 'printer')
  const again = page.getByRole('button', { name: 'Register again' })
  await page.getByTestId('registration').getByRole('button').first().waitFor()
  if (await again.isVisible()) await again.click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByTestId('register').click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

/** Auto start is on at a local printer, since nobody stands there. Most tests are about the person who does. */
export async function switchAutoStartOff(page: Page): Promise<void> {
  await visit(page, 'settings')
  const toggle = page.getByLabel('Auto start', { exact: true })
  await toggle.waitFor()
  if (await toggle.isChecked()) {
    await toggle.click()
    await page.getByText('The settings are stored.').waitFor()
  }
}

/** Buys the model in the catalogue for its first price. The page then shows how to prepare it. */
export async function buy(page: Page, title: string): Promise<void> {
  await visit(page, 'catalogue')
  const heading = page.getByRole('heading', { name: title, exact: true })
  await page.getByTestId('model').filter({ has: heading }).getByTestId('buy').click()
  await page.getByTestId('confirm').click()
  await page.getByText(`You have bought ${title}`).or(page.getByText('is on its way')).first().waitFor()
}

/** Opens the preparation of a bought model. */
export async function openPurchase(page: Page, title: string): Promise<void> {
  await visit(page, 'models')
  await page.getByTestId('purchase').filter({ hasText: title }).getByRole('link').click()
  await page.getByTestId('prepare').waitFor()
}

/** The virtual printer has no macros, such as PRINT_START. */
const { machine_start_gcode, machine_end_gcode } = sampleProfile.machine_settings
const printer = { ...machine, machine_start_gcode, machine_end_gcode }

/** Uploads the presets that OrcaSlicer exports for a user. */
export async function addProfile(page: Page): Promise<void> {
  await page.getByTestId('add-profile').click()
  const files = Object.entries({ machine: printer, process, filament: pla }).map(([name, settings]) => ({
    name: `${name}.json`,
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(settings)),
  }))
  await page.locator('input[type=file]').setInputFiles(files)
  await page.getByTestId('store-profile').click()
  await page.getByText('is stored').first().waitFor()
}

/** Slices the purchase that the page shows, with the chosen profile. */
export async function slice(page: Page): Promise<void> {
  await page.getByTestId('prepare').click()
  await page.getByTestId('prepared').waitFor({ timeout: 120_000 })
}

/** Says that the bed is clear, and starts the waiting print. */
export async function startPrint(page: Page): Promise<void> {
  await page.getByLabel('The bed is clear').check({ timeout: 60_000 })
  await page.getByTestId('start').click()
}

export async function visit(page: Page, screen: string): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#/${screen}`)
}
