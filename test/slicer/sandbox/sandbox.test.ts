import { randomInt } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findSandbox } from '../../../slicer/sandbox/find.ts'
import { type ChildEnd, runChild } from '../../../slicer/sandbox/run-child.ts'
import { type Access, type Command, type Limits, type Sandbox, scratchFolder } from '../../../slicer/sandbox/sandbox.ts'
import { refusal } from '../../make/errors.ts'
import { until } from '../../make/eventually.ts'
import { isRunning } from '../../make/slicer/running.ts'

const test = suite('the sandbox of engines')
const folder = mkdtempSync(join(tmpdir(), 'lmnt-sandbox-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const limits: Limits = { memoryMib: 1024, cpuSeconds: 20, tasks: 64 }

for (const kind of ['bwrap', 'unshare'] as const) {
  const sandbox = await findSandbox([kind])
  // A host may have neither; the slicer then refuses to start.
  const testHere = sandbox.kind === kind ? test : test.skip

  testHere(`${kind}: a program runs, and its output arrives`, async () => {
    const { output, end } = await run(sandbox, 'process.stdout.write("hello")')
    assert.is(output, 'hello')
    assert.is(end.code, 0)
  })

  testHere(`${kind}: the network is out of reach`, async () => {
    let visitors = 0
    const server = createServer(socket => {
      visitors++
      socket.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const connect = `require('net').connect(${port}, '127.0.0.1').on('connect', () => process.stdout.write('connected'))
      .on('error', error => process.stdout.write(error.code))`
    const outside = await run(await findSandbox(['none']), connect)
    const inside = await run(sandbox, connect)
    server.close()
    assert.is(outside.output, 'connected')
    assert.not.match(inside.output, 'connected')
    assert.is(visitors, 1)
  })

  testHere(`${kind}: nothing can be written to the disk`, async () => {
    const path = join(folder, `${kind}.txt`)
    const places = [path, '/tmp/lmnt-leak', '/var/tmp/lmnt-leak', '/dev/shm/lmnt-leak', '/lmnt-leak']
    const write = `const fs = require('fs')
      for (const place of ${JSON.stringify(places)}) {
        try { fs.writeFileSync(place, 'secret'); process.stdout.write('wrote ' + place) } catch {}
      }`
    const { output } = await run(sandbox, write)
    assert.is(output, '')
    for (const place of places) {
      assert.is(existsSync(place) ? readFileSync(place, 'utf8') : '', '', place)
      rmSync(place, { force: true })
    }
  })

  testHere(`${kind}: there is no environment to read`, async () => {
    process.env.LMNT_TEST_SECRET = 'secret'
    const { output } = await run(sandbox, 'process.stdout.write(JSON.stringify(process.env))')
    assert.not.match(output, 'secret')
  })

  testHere(`${kind}: memory has a limit`, async () => {
    const hoard = 'const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 24, 1))'
    const { end } = await run(sandbox, hoard, { ...limits, memoryMib: 300 })
    assert.is.not(end.code, 0)
  })

  testHere(`${kind}: many processes have no more memory together, and are gone when they take it`, async () => {
    const mark = newMark()
    // Each holds 100 MiB, far below the limit, and leaves its parent.
    const hold = `const kept = Buffer.alloc(100 * 2 ** 20, 1); setTimeout(() => kept, 30_000)`
    const start = `const { spawn } = require('child_process')
      for (let at = 0; at < COUNT; at++) {
        spawn(process.execPath, ['-e', ${JSON.stringify(hold)}, '${mark}'], { detached: true, stdio: 'ignore' }).unref()
      }
      setTimeout(() => process.exit(7), SECONDS * 1000)`
    const within = { ...limits, memoryMib: 600, tasks: 256 }
    const attempt = (count: number, seconds: number) =>
      run(sandbox, start.replace('COUNT', String(count)).replace('SECONDS', String(seconds)), within)
    assert.is((await attempt(2, 2)).end.code, 7)
    const message = await refusal('engine_failed', () => attempt(8, 15))
    assert.is(message, 'The trial takes more than 600 MiB of memory.')
    await until(() => !isRunning(mark))
  })

  testHere(`${kind}: files that were not named cannot be read`, async () => {
    const path = join(folder, `${kind}-secret.txt`)
    writeFileSync(path, 'secret', { mode: 0o644 })
    const read = `try { process.stdout.write(require('fs').readFileSync('${path}')) } catch { process.stdout.write('no') }`
    assert.is((await run(sandbox, read)).output, 'no')
  })

  testHere(`${kind}: a program is nobody, and cannot become more`, async () => {
    const { output } = await run(
      sandbox,
      "process.stdout.write(String(process.getuid?.()) + ' ' + process.getgroups?.())",
    )
    assert.is.not(output.split(' ')[0], '0')
    const shell = await native(
      sandbox,
      'mount -t tmpfs none /usr 2>/dev/null && echo mounted; chroot / true && echo rooted',
    )
    assert.is(shell.output, '')
  })

  testHere(`${kind}: a scratch folder is writable, private, bounded, and gone afterwards`, async () => {
    const write = 'echo kept > kept && cat kept && head -c 3000000 /dev/zero > much; wc -c < much; echo no > /usr/no'
    const { output } = await native(sandbox, `cd ${scratchFolder} && ${write}`, { access: { scratchMib: 2 } })
    assert.match(output, /^kept\n\d+\n$/)
    assert.ok(Number(output.split('\n')[1]) <= 2 * 2 ** 20)
    const next = await native(sandbox, `ls ${scratchFolder}`, { access: { scratchMib: 2 } })
    assert.is(next.output, '')
    assert.not.ok(existsSync(join(scratchFolder, 'kept')))
  })

  testHere(`${kind}: a fork bomb stays small`, async () => {
    const bomb = 'count=0; while [ $count -lt 200 ]; do sleep 30 & count=$((count + 1)); done 2>/dev/null; jobs | wc -l'
    const { output } = await native(sandbox, bomb, { limits: { ...limits, tasks: 20 } })
    assert.ok(output === '' || Number(output) < 20, output)
    const many = `const { spawn } = require('child_process')
      let started = 0
      for (let at = 0; at < 100; at++) {
        try { const child = spawn('/bin/sleep', ['30']); child.on('error', () => {}); if (child.pid) started++ } catch {}
      }
      process.stdout.write(String(started)); process.exit()`
    assert.ok(Number((await run(sandbox, many, { ...limits, tasks: 40 })).output) < 40)
  })

  testHere(`${kind}: a flood of output ends the program`, async () => {
    const mark = newMark()
    await refusal('engine_failed', () => native(sandbox, `sleep ${mark} & exec cat /dev/zero`))
    assert.not.ok(isRunning(mark))
  })

  testHere(`${kind}: at the time-out it is gone with all that it started`, async () => {
    const mark = newMark()
    await refusal('engine_timeout', () => native(sandbox, daemons(mark), { timeoutMs: 1500 }))
    await until(() => !isRunning(mark))
  })

  testHere(`${kind}: when it is cancelled it is gone with all that it started`, async () => {
    const mark = newMark()
    const stop = new AbortController()
    const running = native(sandbox, daemons(mark), { signal: stop.signal })
    running.catch(() => {})
    await until(() => isRunning(mark))
    stop.abort(new Error('cancelled'))
    assert.is(await running.then(String, error => error.message), 'cancelled')
    await until(() => !isRunning(mark))
  })

  testHere(`${kind}: what it leaves in the background ends with it`, async () => {
    const mark = newMark()
    const { end } = await native(sandbox, `${daemons(mark).replace('wait;', '')} exit 0`)
    assert.is(end.code, 0)
    await until(() => !isRunning(mark))
  })

  testHere(`${kind}: CPU time has a limit`, async () => {
    const { end } = await run(sandbox, 'for (;;);', { ...limits, cpuSeconds: 1 })
    assert.is.not(end.code, 0)
  })
}

test('a sandbox that is not there is not chosen', async () => {
  assert.is((await findSandbox([])).kind, 'none')
  assert.is((await findSandbox(['none'])).kind, 'none')
})

test.run()

interface Changes {
  access?: Partial<Access>
  limits?: Limits
  signal?: AbortSignal
  timeoutMs?: number
}

function run(sandbox: Sandbox, script: string, within = limits) {
  return inside(sandbox, { program: process.execPath, args: ['-e', script] }, { limits: within })
}

function native(sandbox: Sandbox, script: string, changes: Changes = {}) {
  return inside(sandbox, { program: '/bin/sh', args: ['-c', script] }, changes)
}

async function inside(
  sandbox: Sandbox,
  command: Command,
  changes: Changes,
): Promise<{ output: string; end: ChildEnd }> {
  let output = ''
  const end = await runChild({
    task: { verb: 'The trial', product: 'Its output' },
    command: sandbox.wrap(command, { readable: [], ...changes.access }, changes.limits ?? limits),
    input: [],
    signal: changes.signal ?? new AbortController().signal,
    timeoutMs: changes.timeoutMs ?? 20_000,
    memoryMib: (changes.limits ?? limits).memoryMib,
    maxOutputBytes: 10_000,
    onOutput: async chunk => {
      output += chunk
    },
    onReport: () => {},
  })
  return { output, end }
}

/** A child, one whose parent has gone, and one of a session of its own; they hold no pipe of ours. */
function daemons(mark: string): string {
  const sleep = `sleep ${mark} </dev/null >/dev/null 2>&1 3>&-`
  return `${sleep} & (${sleep} &) ; setsid sh -c '${sleep} & ${sleep}' </dev/null >/dev/null 2>&1 3>&- & wait;`
}

/** Seconds that no other process sleeps for. */
function newMark(): string {
  return `${randomInt(100_000, 999_999)}.${randomInt(100_000, 999_999)}`
}
