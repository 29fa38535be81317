import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { EdgeContext } from '../context.ts'
import { readJson, writeDurable } from '../durable.ts'
import { isPrinting } from '../moonraker/printer-state.ts'
import type { JobRecord } from './job-record.ts'
import { stubText } from './stub-text.ts'
import { fileTitle } from './title.ts'

/** The folder of all stubs, under the gcodes root. */
export const stubFolder = 'LMNT'

const indexSchema = z.record(z.string(), z.object({ file: z.string(), made_at: z.number() }))
type Index = z.infer<typeof indexSchema>

export interface Stubs {
  /** The stub of a purchase: its name under the gcodes root. The same for ever, and another for each purchase. */
  entry: (purchaseId: string, title: string) => Promise<Index[string]>
  /** All that were ever made here. */
  all: () => { purchaseId: string; file: string }[]
}

/** Which stub belongs to which purchase; on the disk, since a name that changes breaks Moonraker's history. */
export async function openStubs(dataDir: string, clock: () => number): Promise<Stubs> {
  const path = join(dataDir, 'stubs.json')
  const index: Index = (await readJson(path, indexSchema)) ?? {}

  return {
    async entry(purchaseId, title) {
      const known = index[purchaseId]
      if (known) return known
      const taken = new Set(Object.values(index).map(entry => entry.file.toLowerCase()))
      const entry = { file: freeName(fileTitle(title), taken), made_at: clock() }
      await writeDurable(path, JSON.stringify({ ...index, [purchaseId]: entry }))
      index[purchaseId] = entry
      return entry
    },
    all: () => Object.entries(index).map(([purchaseId, { file }]) => ({ purchaseId, file })),
  }
}

/** "Gear.gcode", or "Gear (2).gcode" when another purchase has that. Case does not count: it does not on every disk. */
function freeName(title: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = `${stubFolder}/${title}${count === 1 ? '' : ` (${count})`}.gcode`
    if (!taken.has(name.toLowerCase())) return name
  }
}

const rootsAnswer = z.array(z.object({ name: z.string(), path: z.string() }))

/**
 * Puts the job's stub into the gcodes root and gives its name there. A stub that is there and says the same is left alone;
 * one that must change keeps its modification time, by which Moonraker's history knows it; one that is being printed waits
 * for the next job.
 * Errors: printer_offline, MoonrakerError, and those of the disk.
 */
export async function writeStub(ctx: EdgeContext, claim: JobRecord['claim']): Promise<string> {
  const root = await gcodesRoot(ctx)
  const entry = await ctx.stubs.entry(claim.purchase_id, claim.title)
  const path = join(root, entry.file)
  const text = stubText(claim, new Date(entry.made_at))
  const old = await readFile(path, 'utf8').catch(() => null)
  const state = ctx.moonraker.state()
  const isInUse = old !== null && isPrinting(state) && state.printStats.filename === entry.file
  if (old !== text && !isInUse) await replace(path, join(root, stubFolder), text)
  return entry.file
}

/** Where the files are that can be printed. Errors: printer_offline, MoonrakerError. */
export async function gcodesRoot(ctx: EdgeContext): Promise<string> {
  const roots = await ctx.moonraker.call('server.files.roots', undefined, rootsAnswer)
  const root = roots.find(one => one.name === 'gcodes')?.path
  if (root === undefined) throw new Error('Moonraker names no gcodes root')
  return root
}

async function replace(path: string, dir: string, text: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const old = await stat(path).catch(() => null)
  // Not a name that Moonraker would list while it is written.
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o644)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (old) await utimes(temporary, old.atime, old.mtime)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}
