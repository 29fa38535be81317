import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the service under systemd')
const dir = mkdtempSync(join(tmpdir(), 'lmnt-unit-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))

const values = {
  USER: 'daemon',
  PROGRAM: join(dir, 'lmnt edge'),
  CONFIG: '/home/j ü/lmnt-edge.cfg',
  MOONRAKERS: 'moonraker.service moonraker-2.service',
}
const template = readFileSync('systemd/lmnt-edge.service', 'utf8')
const text = Object.entries(values).reduce((unit, [name, value]) => unit.replaceAll(`@${name}@`, value), template)
const unit = join(dir, 'lmnt-edge.service')
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
const testWithSystemd = hasSystemd ? test : test.skip

test.before(() => {
  spawnSync('mkdir', ['-p', values.PROGRAM])
  writeFileSync(join(values.PROGRAM, 'lmnt-edge'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(unit, text)
})

test('no placeholder is left, and the service waits for every Moonraker', () => {
  assert.not.match(text.replace(/^#.*$/gm, ''), /@[A-Z]+@/)
  assert.match(text, /^After=network-online.target moonraker.service moonraker-2.service$/m)
})

test('Klipper comes first: less CPU, less memory, ended before it', () => {
  const option = (name: string) => Number.parseInt(new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '', 10)
  assert.ok(option('Nice') > 0 && option('CPUWeight') < 100 && option('OOMScoreAdjust') > 0)
  assert.ok(option('MemoryMax') >= 200)
  assert.match(text, /^Restart=always$/m)
  assert.match(text, /^LimitCORE=0$/m)
})

testWithSystemd('systemd accepts it, with a space and an umlaut in its paths', () => {
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
  const ours = `${stdout}${stderr}`.split('\n').filter(line => line.includes('lmnt-edge'))
  assert.equal(ours, [])
})

testWithSystemd('systemd calls its exposure low', () => {
  const { status, stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--threshold=45', '--no-pager', unit],
    { encoding: 'utf8' },
  )
  assert.is(status, 0, (stdout + stderr).slice(-400))
})

test.run()
