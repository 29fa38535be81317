import { existsSync, mkdirSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { suite } from 'uvu'

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** Chromium without anything but its pages: the tests take a fifth less CPU. */
const shell = '/usr/bin/chromium-headless-shell'

/** Chromium on this machine, as people have it; undefined when it is not installed. */
export const wholeChromium = browsers.find(existsSync)
/** What the tests run in; undefined when it is not installed: the tests are skipped then, and strict mode fails. */
export const chromiumProgram = existsSync(shell) ? shell : wholeChromium

export function launchChromium(flags: string[] = [], program = chromiumProgram): Promise<Browser> {
  // Without its sandbox, with which Chromium does not start as root, as in CI. The pages are ours.
  return chromium.launch({ executablePath: program!, args: ['--no-sandbox', '--disable-gpu', ...flags] })
}

/**
 * A suite of tests in Chromium. `test` adds one, which gets what `setUp` has made. Call `run` at the end. When a test fails, a picture
 * of each open window is in dist/screenshots/failed.
 */
export function browserSuite<World extends { browser: Browser; close: () => Promise<void> }>(
  name: string,
  setUp: () => Promise<World>,
) {
  const tests = suite(name)
  const add = chromiumProgram ? tests : tests.skip
  let world: World
  if (chromiumProgram) {
    tests.before(async () => {
      // uvu drops the error.
      world = await setUp().catch(error => {
        console.error(error)
        throw error
      })
    })
    tests.after(() => world?.close())
  }
  return {
    test: (sentence: string, body: (world: World) => Promise<void>) =>
      add(sentence, () =>
        body(world).catch(error => keepPictures(world.browser, sentence).finally(() => Promise.reject(error))),
      ),
    run: () => tests.run(),
  }
}

/** Writes a picture of each open window to dist/screenshots/failed. */
export async function keepPictures(browser: Browser, sentence: string): Promise<void> {
  const folder = 'dist/screenshots/failed'
  mkdirSync(folder, { recursive: true })
  const pages = browser.contexts().flatMap(context => context.pages())
  for (const [index, page] of pages.entries()) {
    const path = `${folder}/${sentence.replaceAll(/\W+/g, '-').slice(0, 60)}-${index}.png`
    await page.screenshot({ path }).catch(() => {})
  }
}

/** What the page has complained about: errors of scripts, and what its policy has refused. Empty in a page that works. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    // A refused request is no complaint: the page shows it in words.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
    if (message.type() === 'warning' && /\[(Vue|Vuetify|intlify)/.test(message.text())) complaints.push(message.text())
  })
  return complaints
}
