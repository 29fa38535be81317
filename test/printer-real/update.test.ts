import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { version } from '../../edge/version.ts'
import { environment } from '../make/printer-real/set-up.ts'
import { runRelease } from '../make/release/build.ts'

// Not run here: Moonraker's request to GitHub for the newest release, its download, and its restart of the service.
const tests = suite("an update by Moonraker's update manager")
const test = environment ? tests : tests.skip

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'lmnt-update-')))
tests.after(() => rmSync(dir, { recursive: true, force: true }))

function update(program: string, archive: string) {
  const script = 'test/make/printer-real/moonraker_update.py'
  const args = [script, program, archive, 'lmnt-marketplace/lmnt-edge']
  const { status, stdout, stderr } = spawnSync(environment?.python ?? '', args, { encoding: 'utf8' })
  assert.is(status, 0, stderr)
  return JSON.parse(stdout)
}

test('it replaces the whole program, which then runs; the state beside it and the links into it stay', () => {
  const { status, stderr } = runRelease(['--arch', 'x64', '--no-runtime', '--out', dir])
  assert.is(status, 0, stderr)
  const archive = join(dir, 'lmnt-edge-x64.zip')
  const program = join(dir, 'lmnt-edge')
  const state = join(dir, 'state', 'printer.json')
  const extra = join(dir, 'extras', 'lmnt_stream')
  for (const folder of ['state', 'extras', 'lmnt-edge']) mkdirSync(join(dir, folder))
  // An older version, with a part that the new one does not have.
  writeFileSync(join(program, 'release_info.json'), JSON.stringify({ version: 'v0.9.0' }))
  writeFileSync(join(program, 'edge-part-0.9.0.js'), '')
  writeFileSync(state, '{}')
  symlinkSync(join(program, 'klipper/lmnt_stream'), extra)

  for (const round of [1, 2]) {
    const found = update(program, archive)
    assert.equal(
      found,
      { is_valid: true, version: `v${version}`, asset: 'lmnt-edge-x64.zip', complaints: [] },
      `round ${round}`,
    )
    assert.is(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: program }).status, 0)
    assert.is(statSync(join(program, 'lmnt-edge')).mode & 0o777, 0o755)
    const { stdout } = spawnSync(join(program, 'lmnt-edge'), ['--help'], { encoding: 'utf8' })
    assert.match(stdout, 'usage: lmnt-edge COMMAND')
    assert.ok(existsSync(join(extra, '__init__.py')))
    assert.is(readFileSync(state, 'utf8'), '{}')
    assert.not.ok(existsSync(join(program, 'edge-part-0.9.0.js')))
    assert.not.ok(existsSync(join(program, 'left-by-hand')))
    writeFileSync(join(program, 'left-by-hand'), '')
    writeFileSync(join(program, 'edge.js'), 'damaged')
  }
})

tests.run()
