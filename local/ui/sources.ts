import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const source = 'edge/ui'

/** The files of a folder and of those in it, in a stable order. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** Changes with the page's sources, and with these other files and folders. */
export function keyOf(...others: string[]): string {
  const hash = createHash('sha256')
  const files = others.flatMap(other => (/\.\w+$/.test(other) ? [other] : filesIn(other)))
  for (const file of [...filesIn(source), 'package-lock.json', ...files]) {
    hash.update(file).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}
