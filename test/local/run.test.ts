import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the way in')

test('a temporary folder that cannot be written is told in a sentence, whatever is begun', () => {
  for (const name of ['start', 'test', 'bench']) {
    const env = { PATH: process.env.PATH, TMPDIR: '/nonexistent' }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['local/run.mjs', name], { env, encoding: 'utf8' })
    assert.is(status, 1)
    assert.is(stdout, '')
    assert.is(stderr, 'The temporary folder /nonexistent cannot be written (ENOENT): set TMPDIR to one that can.\n')
  }
})

test.run()
