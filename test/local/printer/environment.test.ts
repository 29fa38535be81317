import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandsOf, linkOurs } from '../../../local/printer/environment.ts'

const test = suite<{ folder: string }>('the Python environment of the real printer')

test.before.each(world => {
  world.folder = mkdtempSync(join(tmpdir(), 'lmnt-python-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }))

test('one that another checkout has linked is taken over by the set-up only', ({ folder }) => {
  const environment = commandsOf(folder)
  const plugins = join(folder, 'lib', 'python3.11', 'site-packages', 'klippy', 'plugins')
  const extra = join(plugins, 'lmnt_stream')
  const others = join(folder, 'other-checkout')
  mkdirSync(plugins, { recursive: true })
  mkdirSync(others)
  symlinkSync(others, extra)
  assert.throws(() => linkOurs(environment), /another checkout's .*npm run printer:setup/)
  assert.is(readlinkSync(extra), others)

  linkOurs(environment, { isTakenOver: true })
  const ours = readlinkSync(extra)
  assert.match(ours, 'edge/klipper/lmnt_stream')
  linkOurs(environment)

  rmSync(extra)
  symlinkSync(join(folder, 'removed-checkout'), extra)
  linkOurs(environment)
  assert.is(readlinkSync(extra), ours, 'a checkout that is gone owns nothing')
})

test.run()
