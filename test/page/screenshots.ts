/**
 * Writes a picture of each screen, in both themes and three widths, to dist/screenshots: to be looked at beside Mainsail and Fluidd.
 * `npm run screenshots`; with words, only the screens whose name holds one.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { build } from '../../local/build.ts'
import { readSample } from '../../local/demo/sample.ts'
import { eventually } from '../make/eventually.ts'
import { chromiumProgram } from '../make/page/browser.ts'
import { startHostPage } from '../make/page/host.ts'
import { getReady, type ReadyToPrint } from '../make/page/ready.ts'
import { buy, slice, startPrint, visit } from '../make/page/steps.ts'
import { makePageWorld, type PageWorld } from '../make/page/world.ts'
import { binaryStl, torus } from '../make/slicer/models.ts'

const folder = 'dist/screenshots'
const words = process.argv.slice(2)
const themes = ['dark', 'light']
const widths = {
  phone: { width: 360, height: 740 },
  tablet: { width: 820, height: 1080 },
  desktop: { width: 1400, height: 860 },
}

/** Brings a window to what the picture shows. */
type Scene = (page: Page) => Promise<void>

const firstScenes: Record<string, Scene> = {
  'first-steps': page => page.getByText('Set up this printer').waitFor(),
  login: page => visit(page, 'login'),
}

const scenes: Record<string, Scene> = {
  models: page => visit(page, 'models'),
  catalogue: page => visit(page, 'catalogue'),
  buy: async page => {
    await visit(page, 'catalogue')
    await page.getByTestId('buy').first().click()
    await page.getByTestId('confirm').waitFor()
  },
  prepare: page => openModel(page, 'Napkin ring'),
  prepared: async page => {
    await openModel(page, 'Gear wheel')
    await page.getByTestId('prepared').waitFor()
  },
  print: page => page.getByTestId('job').waitFor(),
  history: page => visit(page, 'history'),
  receipt: async page => {
    await visit(page, 'history')
    await page.getByTestId('receipt').last().click()
    await page.getByTestId('ledger-events').waitFor()
  },
  printer: page => visit(page, 'printer'),
  security: page => visit(page, 'security'),
  settings: page => visit(page, 'settings'),
}

/** The same screens in German, where words are longer. */
const germanScenes = Object.fromEntries(
  ['print', 'models', 'catalogue', 'prepared', 'history', 'receipt', 'printer', 'security', 'settings'].map(name => [
    `german-${name}`,
    scenes[name]!,
  ]),
)

if (!chromiumProgram) throw new Error('Chromium is not installed: apt-get install chromium')
await build()
const world = await makePageWorld({ linesPerSecond: 50_000 })
try {
  await shootAll(world, firstScenes)
  const ready = await getReady(world)
  await fill(ready)
  const storageState = await ready.page.context().storageState()
  await shootAll(world, scenes, { storageState })
  await shootAll(world, germanScenes, { storageState, locale: 'de-DE' })
  await shootMoments(ready, scenes => shootAll(world, scenes, { storageState }))
  for (const theme of themes) await shootEmbedded(world, theme)
} finally {
  await world.close()
}

/** A finished print, a failed one, one that runs, one that waits, and a model that is not prepared. */
async function fill({ page, printer, publishModel, model }: ReadyToPrint): Promise<void> {
  await publishModel('Gear wheel', { file: readSample(undefined).file })
  await publishModel('Napkin ring', { file: binaryStl(torus(20, 4, 64, 24)) })
  for (const title of ['Gear wheel', 'Napkin ring']) await buy(page, title)
  await openModel(page, 'Gear wheel')
  await slice(page)

  const print = async (title: string) => {
    await openModel(page, title)
    await page.getByTestId('print-now').click()
    await startPrint(page)
  }
  await print(model.title)
  await page.getByText('Nothing is printing.').waitFor({ timeout: 120_000 })
  await printer.call('virtual_printer.fail', {
    line: 200,
    how: 'error',
    message: 'Heater extruder not heating at expected rate',
  })
  await print(model.title)
  await page.getByText('Nothing is printing.').waitFor({ timeout: 120_000 })
  await printer.call('virtual_printer.set_speed', { lines_per_second: 1000 })
  await print('Gear wheel')
  await page.getByText(/[3-9]\d% Printing/).waitFor({ timeout: 60_000 })
  await printer.call('virtual_printer.set_speed', { lines_per_second: 5 })
  await openModel(page, model.title)
  await page.getByTestId('queue-print').click()
  await visit(page, '')
  await page.getByTestId('queue').getByText(model.title).waitFor()
}

/** What is on the screen for a moment only, one after another. */
async function shootMoments(
  world: ReadyToPrint,
  shoot: (scenes: Record<string, Scene>) => Promise<void>,
): Promise<void> {
  const { page, stack } = world
  await page.getByTestId('pause').click()
  await shoot({ paused: page => page.getByText(/% Paused/).waitFor() })

  world.setMarketplaceUp(false)
  const away = (page: Page) => page.getByTestId('marketplace-away').waitFor({ timeout: 90_000 })
  await away(page)
  await shoot({ 'offline-print': away, 'offline-catalogue': page => visit(page, 'catalogue').then(() => away(page)) })
  world.setMarketplaceUp(true)
  await page.getByTestId('marketplace-away').waitFor({ state: 'detached', timeout: 90_000 })

  await page.getByTestId('cancel').click()
  await page.getByTestId('confirm').click()
  const consent = (page: Page) => page.getByTestId('bed-is-clear').waitFor({ timeout: 60_000 })
  await consent(page)
  await shoot({ consent })

  await openModel(page, 'Napkin ring')
  await page.getByTestId('prepare').click()
  await page.getByTestId('slicing').waitFor()
  const slicer = stack.pids().slicer!
  process.kill(slicer, 'SIGSTOP')
  await shoot({ slicing: page => openModel(page, 'Napkin ring').then(() => page.getByTestId('slicing').waitFor()) })
  process.kill(slicer, 'SIGCONT')
}

async function openModel(page: Page, title: string): Promise<void> {
  await visit(page, 'models')
  await page.getByTestId('purchase').filter({ hasText: title }).getByRole('link').click()
}

async function shootAll(
  { browser, pageUrl }: PageWorld,
  scenes: Record<string, Scene>,
  options: BrowserContextOptions = {},
): Promise<void> {
  for (const theme of themes) {
    for (const [width, viewport] of Object.entries(widths)) {
      const context = await browser.newContext({ locale: 'en-GB', viewport, ...options })
      await context.addInitScript(`localStorage.setItem('lmnt.theme', '${theme}')`)
      for (const [name, bring] of Object.entries(scenes)) await shootScene(context, pageUrl, name, bring, theme, width)
      await context.close()
    }
  }
}

async function shootScene(
  context: BrowserContext,
  url: string,
  name: string,
  bring: Scene,
  theme: string,
  width: string,
) {
  if (words.length > 0 && !words.some(word => name.includes(word))) return
  const page = await context.newPage()
  await page.goto(url)
  await bring(page)
  await shoot(page, theme, `${name}-${width}`)
  await page.close()
}

/** `part`: what of the page is in the picture. */
async function shoot(page: Page, theme: string, name: string, part: Pick<Page, 'screenshot'> = page): Promise<void> {
  await eventually('every picture', () => page.evaluate<boolean>('[...document.images].every(image => image.complete)'))
  await page.getByRole('progressbar', { name: /Loading|Wird geladen/ }).waitFor({ state: 'detached' })
  // Fades of dialogs and pictures.
  await page.waitForTimeout(400)
  mkdirSync(join(folder, theme), { recursive: true })
  const path = join(folder, theme, `${name}.png`)
  await part.screenshot({ path })
  console.log(path)
}

/** In the frame of a webcam of Fluidd. */
async function shootEmbedded(world: PageWorld, theme: string): Promise<void> {
  const host = await startHostPage(world.pageUrl, { title: 'fluidd', isDark: theme === 'dark', primary: '#2196F3' })
  const page = await world.openPage({ url: host.url, viewport: { width: 480, height: 600 } })
  await page.frameLocator('iframe').getByRole('link', { name: 'Catalogue' }).waitFor()
  await shoot(page, theme, 'embedded', page.locator('iframe'))
  await page.context().close()
  await host.close()
}
