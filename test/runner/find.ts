import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Every *.test.ts under test/, in a stable order. */
export function findTests(folder = 'test'): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(folder, name))
    .sort()
}
