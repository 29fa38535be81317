import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** As in biome.json for TypeScript; the linters of other languages have no such rule. */
const mostLines = 250

/** The files in git whose paths match one of these patterns, such as *.py. */
export function filesInGit(...patterns: string[]): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '-z', ...patterns], { encoding: 'utf8' })
  return stdout.split('\0').filter(path => path !== '')
}

/** Prints each of these files that is too long. Returns whether there is none. */
export function checkLength(files: string[]): boolean {
  const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').length
  const long = files.filter(path => lines(path) > mostLines)
  for (const path of long) console.error(`${path}: has ${lines(path)} lines, more than ${mostLines}`)
  return long.length === 0
}
