import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { clearTemporary, makeFolders, resetFolders } from '../../local/stack/folders.ts'
import { parseOptions } from '../../local/stack/options.ts'

const test = suite("npm start's command line")

test('the printer is the virtual one unless the real one is asked for; any other is refused with the usage', () => {
  assert.is(parseOptions([]).printer, 'virtual')
  assert.is(parseOptions(['--once', '--printer', 'real']).printer, 'real')
  assert.is(parseOptions(['--printer=virtual']).printer, 'virtual')
  assert.throws(() => parseOptions(['--printer', 'other']), /must be virtual or real[\s\S]*npm start -- --once/)
  assert.throws(() => parseOptions(['--printer']), /npm start -- --once/)
})

test('fund takes a user and an amount', () => {
  assert.equal(parseOptions(['fund', 'a@example.com', '20']).fund, { email: 'a@example.com', amount: 20n })
  assert.is(parseOptions([]).fund, undefined)
  for (const args of [
    ['fund'],
    ['fund', 'a@b'],
    ['fund', 'a@b', '-1'],
    ['fund', 'a@b', '0.5'],
    ['found', 'a@b', '1'],
  ]) {
    assert.throws(() => parseOptions(args), /npm start -- fund EMAIL/, args.join(' '))
  }
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

test('a stopped marketplace leaves nothing in the temporary folder, but for a database that is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'lmnt-clear-'))
  const before = readdirSync(tmpdir())
  try {
    const folders = makeFolders(root)
    writeFileSync(join(folders.sockets, 'stream.sock'), '')
    writeFileSync(join(folders.temporary, 'left'), '')
    clearTemporary(folders)
    assert.not.ok(existsSync(folders.temporary))
    assert.not.ok(existsSync(folders.sockets))
    if (folders.postgres.startsWith(root)) assert.not.ok(existsSync(dirname(folders.sockets)))
    const kept = join(dirname(folders.sockets), 'postgres')
    mkdirSync(kept, { recursive: true })
    clearTemporary(folders)
    assert.ok(existsSync(kept))
    resetFolders(makeFolders(root))
    assert.not.ok(readdirSync(tmpdir()).some(name => !before.includes(name) && dirname(folders.sockets).endsWith(name)))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test.run()
