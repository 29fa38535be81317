import type { Page } from 'playwright-core'
import type { StackOptions } from '../../../local/stack/stack.ts'
import type { Person } from '../chain.ts'
import { keepPictures } from './browser.ts'
import { addProfile, buy, logIn, openPurchase, registerPrinter, slice, switchAutoStartOff } from './steps.ts'
import { makePageWorld, type PageWorld } from './world.ts'

export interface ReadyToPrint extends PageWorld {
  /** A window in which the owner is logged in. */
  page: Page
  owner: Person
}

/** A registered printer whose owner has bought a model and had it sliced for it. Auto start is off. */
export async function readyToPrint(options: StackOptions = {}): Promise<ReadyToPrint> {
  const world = await makePageWorld(options)
  try {
    return await getReady(world)
  } catch (error) {
    // The test gets no world that it could show or close.
    await keepPictures(world.browser, 'set up')
    await world.close()
    throw error
  }
}

export async function getReady(world: PageWorld): Promise<ReadyToPrint> {
  const owner = await world.newPerson()
  const page = await world.openPage()
  await logIn(page, owner)
  await registerPrinter(page, 'Voron')
  await switchAutoStartOff(page)
  await buy(page, world.model.title)
  await openPurchase(page, world.model.title)
  await addProfile(page)
  await slice(page)
  return Object.assign(world, { page, owner })
}

/** A window in which the owner is logged in. `script` runs in it before the page's own. */
export async function openOwnWindow(world: ReadyToPrint, script = ''): Promise<Page> {
  const page = await world.page.context().newPage()
  page.setDefaultTimeout(60_000)
  await page.addInitScript(script)
  await page.goto(world.pageUrl)
  await page.locator('.v-application').waitFor()
  return page
}
