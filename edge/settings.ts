import { join } from 'node:path'
import { z } from 'zod'
import type { EdgeConfig } from './config.ts'
import { readJson, writeDurable } from './durable.ts'
import { createTurns } from './in-turn.ts'

const settingsSchema = z.object({
  /** Absent: the value of the configuration. */
  auto_start: z.boolean().optional(),
  ask_before_using_rights: z.boolean().optional(),
})

/** Null resets an option to the configuration; an absent option stays. */
export interface SettingsChange {
  auto_start?: boolean | null | undefined
  ask_before_using_rights?: boolean | null | undefined
}

export interface Settings {
  /** Whether a new job is printed without a question at the printer. */
  autoStart: () => boolean
  /** Whether a file that is started at the printer without a job asks before it uses a right. */
  asksBeforeUsingRights: () => boolean
  /** The options changed at run time. They override the configuration. */
  changed: () => z.infer<typeof settingsSchema>
  /** Takes effect at once, and survives restarts. */
  change: (change: SettingsChange) => Promise<void>
  /** Removes all changes. */
  reset: () => Promise<void>
}

/** The options that set_config may change at run time. They have a file of their own: lmnt-edge.cfg is never rewritten. */
export async function openSettings(
  dataDir: string,
  configured: Pick<EdgeConfig, 'autoStart' | 'asksBeforeUsingRights'>,
): Promise<Settings> {
  const path = join(dataDir, 'settings.json')
  let changed = (await readJson(path, settingsSchema)) ?? {}
  const inTurn = createTurns()

  async function write(change: SettingsChange): Promise<void> {
    const next = settingsSchema.parse(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null)))
    await writeDurable(path, `${JSON.stringify(next, null, 2)}\n`)
    changed = next
  }

  return {
    autoStart: () => changed.auto_start ?? configured.autoStart,
    changed: () => changed,
    asksBeforeUsingRights: () => changed.ask_before_using_rights ?? configured.asksBeforeUsingRights ?? true,
    change: change => inTurn(() => write({ ...changed, ...change })),
    reset: () => inTurn(() => write({})),
  }
}
