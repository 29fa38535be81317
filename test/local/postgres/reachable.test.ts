import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reachableNative } from '../../../local/postgres/reachable.ts'

const test = suite('database programs that another user runs')
const nobody = 65_534

test('programs in a closed folder are copied once to beside the data, and to nowhere else', () => {
  const root = mkdtempSync(join(tmpdir(), 'lmnt-closed-'))
  try {
    const native = join(root, 'home', 'native')
    mkdirSync(join(native, 'bin'), { recursive: true })
    writeFileSync(join(native, 'bin/postgres'), '#!/bin/sh\necho postgres\n', { mode: 0o755 })
    chmodSync(join(root, 'home'), 0o700)
    const dataDir = join(root, 'place', 'postgres')
    const before = readdirSync(tmpdir())
    const copy = reachableNative(native, nobody, dataDir)
    assert.is(dirname(copy), dirname(dataDir))
    assert.ok(existsSync(join(copy, 'bin/postgres')))
    writeFileSync(join(copy, 'kept'), '')
    assert.is(reachableNative(native, nobody, dataDir), copy)
    assert.ok(existsSync(join(copy, 'kept')))
    assert.equal(readdirSync(dirname(dataDir)).length, 1)
    const added = readdirSync(tmpdir()).filter(name => !before.includes(name))
    assert.not.ok(added.some(name => name.startsWith('lmnt-postgres')))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test.run()
