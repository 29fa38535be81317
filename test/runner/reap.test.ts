import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findEnvironment } from '../../local/printer/environment.ts'
import { eventually } from '../make/eventually.ts'
import { processesOf, reap } from './reap.ts'

const test = suite('what a stopped test run leaves')
const runs: ChildProcess[] = []

test.after.each(() => {
  for (const run of runs.splice(0)) run.kill('SIGKILL')
})

/** Any program that lives until it is killed, and names the folder in its command line. */
function stubborn(folder: string): ChildProcess {
  const script = "for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => {}); setInterval(() => {}, 1e6)"
  return spawn(process.execPath, ['-e', script, folder], { detached: true, stdio: 'ignore' })
}

test('everything that names a run’s folder is ended, and the folder is gone', async () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'reaped-'))
  const other = mkdtempSync(join(realpathSync(tmpdir()), 'other-'))
  mkdirSync(join(folder, 'deep'))
  const [ours, foreign] = [stubborn(join(folder, 'deep')), stubborn(other)]
  runs.push(ours, foreign)
  const ended = once(ours, 'exit')
  await reap([folder])
  await ended
  assert.not(existsSync(folder))
  assert.is(foreign.exitCode, null)
  assert.is(foreign.signalCode, null)
})

/** A run of one file on the real printer, in the middle of it: its database, Klippy and Moonraker are up. */
async function runInTheMiddle() {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'run-'))
  chmodSync(root, 0o711) // root runs the database as nobody, who must get through
  const run = spawn(process.execPath, ['local/run.mjs', 'test', 'printer-real/queue'], {
    env: { ...process.env, TMPDIR: root, LMNT_TEST_SCRATCH: root },
    stdio: 'ignore',
    detached: true,
  })
  runs.push(run)
  const ended = once(run, 'exit')
  await eventually('database, Klippy and Moonraker run', () => processesOf([join(root, 'lmnt-')]).length >= 4, 60_000)
  return { run, root, ended }
}

if (findEnvironment(process.env.LMNT_PYTHON)) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    test(`no database, no Klippy, no Moonraker and no file are left of a run that was ended by ${signal}`, async () => {
      const { run, root, ended } = await runInTheMiddle()
      // A terminal sends Ctrl-C to all of the run's group.
      if (signal === 'SIGINT') process.kill(-run.pid!, signal)
      else run.kill(signal)
      await ended
      await eventually('all of it is gone', () => processesOf([root]).length === 0, 30_000)
      await eventually('the temporary folder is empty', () => readdirSync(root).length === 0, 30_000)
    })
  }
}

test.run()
