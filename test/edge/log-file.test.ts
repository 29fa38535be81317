import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openLogFile } from '../../edge/log-file.ts'
import { createLog } from '../../runtime/log.ts'

const test = suite("the service's log file")
const dir = mkdtempSync(join(tmpdir(), 'lmnt-log-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))

test('the log goes on in its file after a restart, and hides secrets', () => {
  const path = join(dir, 'logs', 'lmnt-edge.log')
  for (const round of [1, 2]) {
    createLog('edge', 'info', openLogFile(path)).info({ round, printer_token: 'of the printer' }, 'started')
  }
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(
    lines.map(line => line.round),
    [1, 2],
  )
  assert.not.match(readFileSync(path, 'utf8'), 'of the printer')
})

test('however much is logged, two files of the limit are all that is there, with the newest lines', () => {
  const path = join(dir, 'many.log')
  const file = openLogFile(path, 1000)
  for (let number = 0; number < 500; number++) file.write(`line ${number}\n`)
  assert.equal(
    readdirSync(dir).filter(name => name.startsWith('many')),
    ['many.log', 'many.log.1'],
  )
  const text = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8')
  for (const name of [path, `${path}.1`]) assert.ok(statSync(name).size <= 1000)
  for (const line of ['line 450\n', 'line 499\n']) assert.match(text, line)
})

test('a file that was removed or cannot be replaced ends nothing', () => {
  const path = join(dir, 'removed.log')
  const file = openLogFile(path, 20)
  file.write('the first line\n')
  rmSync(path)
  file.write('the second line\n')
  assert.is(readFileSync(path, 'utf8'), 'the second line\n')
  mkdirSync(`${path}.1`)
  file.write('the third line\n')
})

test.run()
