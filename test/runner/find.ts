import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every *.test.ts under test/, in a stable order. */
export function findTests(folder = 'test'): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(folder, name))
    .sort()
}

/**
 * True for a file that runs in a separate process: the long ones, the tests of the runner itself, and files with a comment
 * "Runs alone: REASON".
 */
export function runsAlone(file: string): boolean {
  return isLong(file) || file.includes('/runner/') || readFileSync(file, 'utf8').includes('Runs alone:')
}

/** Whether a file takes long: whole stacks, real printers, the installer and the page in a browser. These begin first. */
export function isLong(file: string): boolean {
  return /\/(stack|chaos|printer-real|installer|page)\//.test(file)
}
