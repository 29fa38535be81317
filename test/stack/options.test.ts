import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolders, resetFolders } from '../../local/stack/folders.ts'
import { parseOptions } from '../../local/stack/options.ts'

const test = suite("npm start's command line")

test('the printer is the virtual one unless the real one is asked for; any other is refused with the usage', () => {
  assert.is(parseOptions([]).printer, 'virtual')
  assert.is(parseOptions(['--once', '--printer', 'real']).printer, 'real')
  assert.is(parseOptions(['--printer=virtual']).printer, 'virtual')
  assert.throws(() => parseOptions(['--printer', 'other']), /takes virtual or real[\s\S]*npm start -- --once/)
  assert.throws(() => parseOptions(['--printer']), /npm start -- --once/)
})

test('--reset throws the data away, and leaves the real programs where they were installed', () => {
  const root = mkdtempSync(join(tmpdir(), 'lmnt-reset-'))
  try {
    const folders = makeFolders(root)
    mkdirSync(join(root, '.lmnt/python'))
    writeFileSync(join(root, '.lmnt/python/lmnt-printer.txt'), '')
    writeFileSync(join(folders.secrets, 'operator.key'), '')
    resetFolders(folders)
    assert.not.ok(existsSync(folders.secrets))
    assert.not.ok(existsSync(folders.sockets))
    assert.ok(existsSync(join(root, '.lmnt/python/lmnt-printer.txt')))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test.run()
