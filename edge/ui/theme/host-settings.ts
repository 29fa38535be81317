import { parseColour } from './colours.ts'
import type { Host, Look } from './looks.ts'

/** What Mainsail or Fluidd stores in Moonraker's database under the key uiSettings; each part is absent while it is the default. */
interface Stored {
  /** Mainsail's. */
  mode?: string
  primary?: unknown
  /** Fluidd's. */
  theme?: { isDark?: boolean; color?: unknown }
}

/**
 * The look of the interface beside this page, for a page on its own. Null without one, as on the edge's own HTTPS address. `host`:
 * the printer's setting; else what the web server has at its root.
 */
export async function lookOfStored(
  fetch: typeof globalThis.fetch,
  path: string,
  setting: 'auto' | 'none' | Host,
): Promise<Look | null> {
  if (path === '/' || setting === 'none') return null
  const host = setting === 'auto' ? await hostAtRoot(fetch) : setting
  if (!host) return null
  const response = await fetch(`/server/database/item?namespace=${host}&key=uiSettings`).catch(() => null)
  const answer: unknown = response?.ok ? await response.json().catch(() => null) : null
  const body = answer as { result?: { value?: Stored } } | null
  return lookFrom(host, body?.result?.value ?? null)
}

/** The look by a host's stored settings; null: it has stored none. Both hosts are dark by default. */
export function lookFrom(host: Host, stored: Stored | null): Look {
  if (host === 'mainsail') return { host, isDark: stored?.mode !== 'light', primary: parseColour(stored?.primary) }
  return { host, isDark: stored?.theme?.isDark !== false, primary: parseColour(stored?.theme?.color) }
}

async function hostAtRoot(fetch: typeof globalThis.fetch): Promise<Host | null> {
  const response = await fetch('/', { headers: { accept: 'text/html' } }).catch(() => null)
  const text = response?.ok ? await response.text() : ''
  if (/<title>\s*fluidd/i.test(text)) return 'fluidd'
  return /<title>\s*mainsail/i.test(text) ? 'mainsail' : null
}
