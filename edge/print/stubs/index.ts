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
  /** What it was last written for: if it is not there any more, somebody has deleted it. */
  preparation_id: z.string().optional(),
})
const indexSchema = z.record(z.string(), entrySchema)
type Index = z.infer<typeof indexSchema>
export type StubEntry = z.infer<typeof entrySchema>

export interface Stubs {
  /** Writing and removing stubs is done in turn: nothing else of this is to be called out of it. */
  inTurn: ReturnType<typeof createTurns>
  /**
   * The stub of a purchase: the same name for ever, and another for each purchase; a new one only where the file at its place
   * is not ours (`isForeign`).
   */
  entry: (purchaseId: string, title: string, isForeign: (file: string) => Promise<boolean>) => Promise<StubEntry>
  /** Notes for which preparation it is written. */
  saveWritten: (purchaseId: string, preparationId: string) => Promise<void>
  isWritten: (purchaseId: string, preparationId: string) => boolean
  /** All that were ever made here. */
  all: () => { purchaseId: string; file: string }[]
}

/**
 * Which stub belongs to which purchase; on the disk, since a name that changes breaks Moonraker's history. When that is damaged
 * the stubs are found again by their names and what they print: a file that prints something else is somebody's own.
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

/** "Gear.gcode", or "Gear (2).gcode" when another purchase has that. Case does not count: it does not on every disk. */
async function freeName(title: string, isUsed: (file: string) => Promise<boolean>): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${stubFolder}/${title}${count === 1 ? '' : ` (${count})`}.gcode`
    if (!(await isUsed(name))) return name
  }
}
