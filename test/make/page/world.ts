import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import type { Api } from '../../../local/demo/api.ts'
import { publish } from '../../../local/demo/market.ts'
import { readSample } from '../../../local/demo/sample.ts'
import { at } from '../../../local/stack/environments.ts'
import type { StackOptions } from '../../../local/stack/stack.ts'
import type { ModelResponse } from '../../../schema/http/models.ts'
import { type Person, stranger } from '../chain.ts'
import { binaryStl, box } from '../slicer/models.ts'
import { makeStack, type TestStack } from '../stack.ts'
import { complaintsOf, launchChromium } from './browser.ts'
import { createGate } from './gate.ts'

export interface PageWorld extends TestStack {
  browser: Browser
  /** The address of the printer's page. */
  pageUrl: string
  /** In the catalogue: 3 prints for 10 HBAR or 10 PRINT. */
  model: ModelResponse
  /** Cuts the printer off from the marketplace, or joins it again. */
  setMarketplaceUp: (isUp: boolean) => void
  /** A new person with 100 HBAR and 100 PRINT, or as much of both as is said. */
  newPerson: (amount?: bigint) => Promise<Person>
  publishModel: (title: string, model?: Partial<TestModel>) => Promise<ModelResponse>
  /** The page in a new window, in English. */
  openPage: (options?: BrowserContextOptions & { url?: string }) => Promise<Page>
  /** Closes the window. The page must not have complained. */
  closePage: (page: Page) => Promise<void>
}

/** The whole marketplace, a virtual printer with its edge, whose page is served on loopback, and Chromium. */
export async function makePageWorld(options: StackOptions = {}): Promise<PageWorld> {
  const gate = createGate()
  const front = (name: string, [first]: string[]) => (name === 'bff' ? gate.open(first!) : Promise.resolve(first!))
  const made = await makeStack({ isKeptUp: true, front, ...options })
  const url = made.stack.urls.bff
  const closeStack = made.close
  const complaints = new WeakMap<Page, string[]>()
  const close = async () => {
    await closeStack()
    await gate.close()
  }
  const begin = async () => {
    const { api: designer } = await stranger(url, 'designer')
    return { designer, model: await publishAs(designer, 'Drawer handle'), browser: await launchChromium() }
  }
  const { designer, model, browser } = await begin().catch(async error => {
    await close()
    throw error
  })

  return Object.assign(made, {
    browser,
    pageUrl: at(made.stack.ports.page),
    model,
    setMarketplaceUp: gate.setUp,
    publishModel: (title: string, model?: Partial<TestModel>) => publishAs(designer, title, model),
    async newPerson(amount = 100n) {
      const person = await stranger(url)
      const { account_id } = await person.api.get<{ account_id: string }>('/api/wallet')
      await made.fund(account_id, amount)
      return person
    },
    async openPage({ url = at(made.stack.ports.page), ...context }: BrowserContextOptions & { url?: string } = {}) {
      const page = await (await browser.newContext({ locale: 'en-GB', ...context })).newPage()
      // Several stacks and browsers may share two cores.
      page.setDefaultTimeout(60_000)
      complaints.set(page, complaintsOf(page))
      await page.goto(url)
      await page.locator('.v-application').waitFor()
      return page
    },
    async closePage(page: Page) {
      assert.equal(complaints.get(page), [])
      // A test's own answer may still be on its way.
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await page.context().close()
    },
    close: async () => {
      await browser.close()
      await close()
    },
  })
}

/** Otherwise a small box. */
interface TestModel {
  file: Buffer
  description: string
}
const usual: TestModel = {
  file: binaryStl(box(20, 20, 4)),
  description: 'A model of the tests, which prints quickly.',
}

function publishAs(designer: Api, title: string, model: Partial<TestModel> = {}): Promise<ModelResponse> {
  const { file, description } = { ...usual, ...model }
  const metadata = { ...readSample(undefined).metadata, title, description }
  return publish(designer, { metadata, file, fileName: 'model.stl' })
}
