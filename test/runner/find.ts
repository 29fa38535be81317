import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every *.test.ts under test/, in a stable order. */
export function findTests(folder = 'test'): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(folder, name))
    .sort()
}

/** Whole stacks, real printers, the installer, the page in a browser and the runner itself; any other file says it, with the reason, in a comment: "Runs alone: ...". */
export function runsAlone(file: string): boolean {
  return isLong(file) || file.includes('/runner/') || readFileSync(file, 'utf8').includes('Runs alone:')
}

/** Begun last, they would keep one core busy while the other waits. */
export function isLong(file: string): boolean {
  return /\/(stack|chaos|printer-real|installer|page)\//.test(file)
}
