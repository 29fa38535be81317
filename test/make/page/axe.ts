import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { openOwnWindow, type ReadyToPrint } from './ready.ts'

const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')

interface Violation {
  id: string
  impact: string
  nodes: { html: string }[]
}

/** A window in that theme, with axe-core. As a script of the window: the page's policy would refuse an inline one. */
export const openWithAxe = (world: ReadyToPrint, theme: 'dark' | 'light') =>
  openOwnWindow(world, `localStorage.setItem('lmnt.theme', '${theme}');${axe}`)

/** Findings of axe-core that are serious or critical, as "what: rule: element". */
export async function violationsOn(page: Page, what: string): Promise<string[]> {
  // Dialogs and menus fade in, and half a colour has too little contrast.
  await page.waitForTimeout(500)
  const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${what}: ${id}: ${html.slice(0, 160)}`))
}

/** Findings of axe-core in both themes. For each theme a new window is opened, and `bring` shows in it what is checked. */
export async function violationsInBothThemes(
  world: ReadyToPrint,
  what: string,
  bring: (page: Page) => Promise<unknown>,
): Promise<string[]> {
  const found: string[] = []
  for (const theme of ['dark', 'light'] as const) {
    const page = await openWithAxe(world, theme)
    await bring(page)
    found.push(...(await violationsOn(page, `${what}, ${theme}`)))
    await page.close()
  }
  return found
}
