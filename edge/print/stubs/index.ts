import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import { readOrPutAside, writeDurable } from '../../durable.ts'
import { createTurns } from '../../in-turn.ts'
import { fileTitle } from './title.ts'

/** The folder of all stubs, under the gcodes root. */
export const stubFolder = 'LMNT'

const entrySchema = z.object({
  /** Its name under the gcodes root. */
  file: z.string(),
  made_at: z.number(),
  /** The preparation that the stub was last written for. When the file is missing then, somebody has deleted it. */
  preparation_id: z.string().optional(),
})
const indexSchema = z.record(z.string(), entrySchema)
type Index = z.infer<typeof indexSchema>
export type StubEntry = z.infer<typeof entrySchema>

export interface Stubs {
  /** Runs the writes and removals of stubs one after another. Every other method must be called within it. */
  inTurn: ReturnType<typeof createTurns>
  /**
   * The stub of a purchase. Each purchase has its own name and keeps it; only when somebody else's file has that name (`isForeign`),
   * it gets a new one.
   */
  entry: (purchaseId: string, title: string, isForeign: (file: string) => Promise<boolean>) => Promise<StubEntry>
  /** Saves the preparation that the stub was written for. */
  saveWritten: (purchaseId: string, preparationId: string) => Promise<void>
  isWritten: (purchaseId: string, preparationId: string) => boolean
  /** All stubs that were ever written. */
  all: () => { purchaseId: string; file: string }[]
}

/**
 * The names of the stubs by purchase, on the disk, since a changed name would break Moonraker's history. When this file is damaged,
 * stubs are recognised by their names and purchases again; a file that prints something else is somebody's own.
 */
export async function openStubs(dataDir: string, clock: () => number, log: Log): Promise<Stubs> {
  const path = join(dataDir, 'stubs.json')
  const index: Index = (await readOrPutAside(path, indexSchema, log)) ?? {}

  async function save(purchaseId: string, entry: StubEntry): Promise<StubEntry> {
    await writeDurable(path, JSON.stringify({ ...index, [purchaseId]: entry }))
    index[purchaseId] = entry
    return entry
  }

  const isWritten = (purchaseId: string, preparationId: string) => index[purchaseId]?.preparation_id === preparationId

  return {
    inTurn: createTurns(),
    async entry(purchaseId, title, isForeign) {
      const entry = index[purchaseId]
      if (entry && !(await isForeign(entry.file))) return entry
      const usedNames = new Set(Object.values(index).map(entry => entry.file.toLowerCase()))
      const isUsed = async (file: string) => usedNames.has(file.toLowerCase()) || (await isForeign(file))
      return save(purchaseId, { file: await freeName(fileTitle(title), isUsed), made_at: entry?.made_at ?? clock() })
    },
    async saveWritten(purchaseId, preparationId) {
      const entry = index[purchaseId]
      if (!entry || isWritten(purchaseId, preparationId)) return
      await save(purchaseId, { ...entry, preparation_id: preparationId })
    },
    isWritten,
    all: () => Object.entries(index).map(([purchaseId, { file }]) => ({ purchaseId, file })),
  }
}

/** "Gear.gcode", or "Gear (2).gcode" when another purchase has that name. Case is ignored, as some disks ignore it. */
async function freeName(title: string, isUsed: (file: string) => Promise<boolean>): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${stubFolder}/${title}${count === 1 ? '' : ` (${count})`}.gcode`
    if (!(await isUsed(name))) return name
  }
}
