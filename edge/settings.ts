import { join } from 'node:path'
import { z } from 'zod'
import { hostInterface, pollSeconds } from '../schema/page/state.ts'
import { type Changes, createChanges } from './changes.ts'
import type { EdgeConfig } from './config.ts'
import { readJson, writeDurable } from './durable.ts'
import { createTurns } from './in-turn.ts'

const settingsSchema = z.object({
  /** Absent: the value of the configuration. */
  auto_start: z.boolean().optional(),
  ask_before_using_rights: z.boolean().optional(),
  poll_seconds: pollSeconds.optional(),
  host_interface: hostInterface.optional(),
})
type ChangedSettings = z.infer<typeof settingsSchema>

/** Null resets an option to the configuration; an absent option stays. */
export type SettingsChange = { [Option in keyof ChangedSettings]?: ChangedSettings[Option] | null }

export interface Settings {
  /** Whether a new job is printed without a question at the printer. */
  autoStart: () => boolean
  /** Whether a file that is started at the printer without a job asks before it uses a right. */
  asksBeforeUsingRights: () => boolean
  /** How many seconds the marketplace may hold a poll. */
  pollSeconds: () => number
  /** The web interface that the printer's page belongs to. */
  hostInterface: () => NonNullable<ChangedSettings['host_interface']>
  /** The options changed at run time. They override the configuration. */
  changed: () => ChangedSettings
  changes: Changes
  /** Takes effect at once, and survives restarts. */
  change: (change: SettingsChange) => Promise<void>
  /** Removes all changes. */
  reset: () => Promise<void>
}

/** The options that set_config may change at run time. They have a file of their own: lmnt-edge.cfg is never rewritten. */
export async function openSettings(
  dataDir: string,
  configured: Pick<EdgeConfig, 'autoStart' | 'asksBeforeUsingRights' | 'timing'>,
): Promise<Settings> {
  const path = join(dataDir, 'settings.json')
  let changed = (await readJson(path, settingsSchema)) ?? {}
  const inTurn = createTurns()
  const changes = createChanges()

  async function write(change: SettingsChange): Promise<void> {
    const next = settingsSchema.parse(Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null)))
    await writeDurable(path, `${JSON.stringify(next, null, 2)}\n`)
    changed = next
    changes.emit()
  }

  return {
    autoStart: () => changed.auto_start ?? configured.autoStart,
    changed: () => changed,
    asksBeforeUsingRights: () => changed.ask_before_using_rights ?? configured.asksBeforeUsingRights ?? true,
    pollSeconds: () => changed.poll_seconds ?? configured.timing.pollWaitS,
    hostInterface: () => changed.host_interface ?? 'auto',
    changes,
    change: change => inTurn(() => write({ ...changed, ...change })),
    reset: () => inTurn(() => write({})),
  }
}
