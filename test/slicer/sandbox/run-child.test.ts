import { setImmediate } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ChildRun, runChild } from '../../../slicer/sandbox/run-child.ts'
import { refusal } from '../../make/errors.ts'

const test = suite('the run of a child process')
const trial: Omit<ChildRun, 'command'> = {
  task: { verb: 'The trial', product: 'Its output' },
  input: [],
  signal: new AbortController().signal,
  timeoutMs: 20_000,
  memoryMib: 1024,
  maxOutputBytes: 2 ** 20,
  onOutput: async () => {},
  onReport: () => {},
}

for (const input of [[], [Buffer.alloc(20_000_000)]]) {
  test(`a child that dies at its start ends the wait, ${input.length === 0 ? 'without' : 'with'} input for it`, async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const start = (program: string, script = '') =>
      runChild({ ...trial, command: { program, args: ['-c', script] }, input })
    assert.is((await start('/bin/false')).code, 1)
    assert.is((await start('/bin/sh', 'kill -9 $$')).killedBy, 'SIGKILL')
    assert.is((await start('/bin/sh', 'exec <&-; exit 7')).code, 7)
    assert.match(await refusal('unavailable', () => start('/no/such/program')), /^The trial could not be started/)
    await setImmediate()
    process.off('unhandledRejection', note)
    assert.equal(unhandled, [])
  })
}

test('messages name what the caller does, and what it makes', async () => {
  const start = (script: string) =>
    runChild({ ...trial, command: { program: '/bin/sh', args: ['-c', script] }, timeoutMs: 500 })
  assert.is(await refusal('engine_timeout', () => start('exec sleep 20')), 'The trial took longer than 0.5 s.')
  assert.is(await refusal('engine_failed', () => start('exec cat /dev/zero')), 'Its output would be larger than 1 MiB.')
})

test.run()
