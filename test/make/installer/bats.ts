import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import { nodeForEveryone, smallArchive, testArchive } from './archive.ts'

interface Case {
  name: string
  isPassed: boolean
  isSkipped: boolean
  /** What bats says about a failure. */
  words: string[]
}

/**
 * Runs a .bats file and reports each of its cases as a test of the runner. Where bats is missing, they are one skipped test.
 * The file finds an unpacked release archive of this checkout in LMNT_TEST_ARCHIVE, a small one unless it asks for all of it, and
 * Node in LMNT_TEST_NODE.
 */
export async function runBats(file: string, { isArchiveWhole = false } = {}): Promise<void> {
  const tests = suite(file)
  if (spawnSync('bats', ['--version']).error) {
    tests.skip('bats is not installed (Debian: bats)', () => {})
    tests.run()
    return
  }
  const whole = await testArchive()
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-bats-'))
  chmodSync(folder, 0o755)
  const archive = isArchiveWhole ? whole : smallArchive(whole, join(folder, 'archive'))
  const bats = spawn('bats', ['--tap', file], {
    env: {
      ...process.env,
      LMNT_TEST_ARCHIVE: archive,
      LMNT_TEST_NODE: nodeForEveryone(folder),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors, [status]] = await Promise.all([text(bats.stdout), text(bats.stderr), once(bats, 'close')])
  rmSync(folder, { recursive: true, force: true })
  const { cases, planned } = readTap(output)
  for (const one of cases) {
    if (one.isSkipped) tests.skip(one.name, () => {})
    else
      tests(one.name, () => {
        if (!one.isPassed) throw new Error(one.words.join('\n'))
      })
  }
  tests('bats ran every case', () => {
    if (planned !== cases.length || (status !== 0 && cases.every(one => one.isPassed)))
      throw new Error(`bats ended with ${status} after ${cases.length} of ${planned} cases.\n${output}\n${errors}`)
  })
  tests.run()
}

/** The cases of bats' output in TAP, and how many it had planned. */
export function readTap(output: string): { cases: Case[]; planned: number } {
  const cases: Case[] = []
  let planned = 0
  for (const line of output.split('\n')) {
    const plan = /^1\.\.(\d+)/.exec(line)
    const result = /^(not )?ok \d+ (.*?)( # skip.*)?$/.exec(line)
    if (plan) planned = Number(plan[1])
    else if (result)
      cases.push({ name: result[2] ?? '', isPassed: !result[1], isSkipped: Boolean(result[3]), words: [] })
    else if (line.startsWith('#')) cases.at(-1)?.words.push(line.slice(2))
  }
  return { cases, planned }
}
