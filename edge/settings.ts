import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeDurable } from './durable.ts'
import { createTurns } from './in-turn.ts'

const settingsSchema = z.object({
  /** Absent: as the configuration says. */
  auto_start: z.boolean().optional(),
})

export interface Settings {
  /** Whether a job that arrives is printed without being asked for at the printer. */
  autoStart: () => boolean
  /** What was changed at run time, and so counts more than the configuration. */
  changed: () => z.infer<typeof settingsSchema>
  /** Takes effect at once, and stays over restarts; null goes back to what the configuration says. */
  change: (given: { auto_start: boolean | null }) => Promise<void>
}

/** What may be changed while the edge runs (set_config), kept in a file of its own: nobody's lmnt-edge.cfg is rewritten. */
export async function openSettings(dataDir: string, configured: { autoStart: boolean }): Promise<Settings> {
  const path = join(dataDir, 'settings.json')
  let changed = (await readJson(path, settingsSchema)) ?? {}
  const inTurn = createTurns()

  async function write(next: z.infer<typeof settingsSchema>): Promise<void> {
    await writeDurable(path, `${JSON.stringify(next, null, 2)}\n`)
    changed = next
  }

  return {
    autoStart: () => changed.auto_start ?? configured.autoStart,
    changed: () => changed,
    change: ({ auto_start }) => inTurn(() => write(auto_start === null ? {} : { auto_start })),
  }
}
