import { parseColour } from './colours.ts'
import type { Look } from './looks.ts'

/**
 * The look of the Mainsail or Fluidd page that embeds this one, read from that page itself: it has the same origin. Null when no page
 * embeds ours, or one of another origin or kind.
 */
export function lookOfParent(window: Window): Look | null {
  const parent = parentDocument(window)
  const app = parent?.querySelector('.v-application')
  if (!parent || !app) return null
  const isDark = !app.classList.contains('theme--light')
  const primary = parent.defaultView?.getComputedStyle(app).getPropertyValue('--v-primary-base')
  const isFluidd =
    /fluidd/i.test(parent.title) ||
    parent.querySelector('meta[name="apple-mobile-web-app-title"][content="fluidd"]') !== null
  return { host: isFluidd ? 'fluidd' : 'mainsail', isDark, primary: parseColour(primary) }
}

/** Calls back when the parent's theme changes. Returns a function that ends it. */
export function watchParent(window: Window, onChange: () => void): () => void {
  const app = parentDocument(window)?.querySelector('.v-application')
  if (!app) return () => {}
  const observer = new MutationObserver(onChange)
  observer.observe(app, { attributes: true, attributeFilter: ['class', 'style'] })
  return () => observer.disconnect()
}

function parentDocument(window: Window): Document | null {
  try {
    return window.parent === window ? null : window.parent.document
  } catch {
    // A parent of another origin.
    return null
  }
}
