/** The launcher edge/lmnt-edge: which Node it starts, and with which of V8's options. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the launcher of the service')

const folder = mkdtempSync(join(tmpdir(), 'lmnt-launcher-'))
const bin = join(folder, 'bin')
const launcher = join(folder, 'lmnt-edge')

test.before(() => {
  mkdirSync(bin)
  mkdirSync(join(folder, 'runtime'))
  copyFileSync('edge/lmnt-edge', launcher)
  writeFileSync(join(folder, 'edge.js'), 'console.log(JSON.stringify([process.execArgv, process.argv.slice(2)]))')
})
test.after(() => rmSync(folder, { recursive: true }))

test('the service runs with a small heap and a late compiler', () => {
  nodeIs(`exec '${process.execPath}' "$@"`)
  const [options, args] = launched()
  assert.is(options.length, process.versions.node.startsWith('20.') ? 5 : 6)
  assert.ok(options.includes('--no-sparkplug'))
  assert.equal(args, [])
})

test('a command runs without them', () => {
  nodeIs(`exec '${process.execPath}' "$@"`)
  assert.equal(launched('doctor', '--json'), [[], ['doctor', '--json']])
})

test("options that this host's Node does not know are left out", () => {
  nodeIs(`case "$*" in *budget* | *invocation*) exit 9 ;; esac; exec '${process.execPath}' "$@"`)
  assert.equal(launched(), [
    ['--max-semi-space-size=1', '--optimize-for-size', '--no-sparkplug', '--no-node-snapshot'],
    [],
  ])
  nodeIs(`case "$1" in --version | */edge.js) exec '${process.execPath}' "$@" ;; esac; exit 9`)
  assert.equal(launched(), [[], []])
})

test('a Node that is too old is not started: the one in runtime/ is, or a message says what to do', () => {
  nodeIs('echo v20.10.9')
  const { status, stderr } = launch()
  assert.is(status, 1)
  assert.match(stderr, /needs Node 20\.11 or newer.*\n.*install\.sh --update/)
  program(join(folder, 'runtime', 'node'), `exec '${process.execPath}' "$@"`)
  assert.equal(launched('status'), [[], ['status']])
})

function nodeIs(script: string) {
  program(join(bin, 'node'), script)
}

function program(path: string, script: string) {
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function launch(...args: string[]) {
  return spawnSync(launcher, args, { encoding: 'utf8', env: { PATH: `${bin}:/usr/bin:/bin` } })
}

/** V8's options and the arguments with which edge.js was started. */
function launched(...args: string[]): [string[], string[]] {
  const { status, stdout, stderr } = launch(...args)
  assert.is(status, 0, stderr)
  return JSON.parse(stdout)
}

test.run()
