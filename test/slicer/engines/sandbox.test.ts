import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ChildEnd, runChild } from '../../../slicer/engines/run-child.ts'
import { findSandbox, type Limits, type Sandbox } from '../../../slicer/engines/sandbox.ts'

const test = suite('the sandbox of engines')
const folder = mkdtempSync(join(tmpdir(), 'lmnt-sandbox-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const limits: Limits = { memoryMib: 1024, cpuSeconds: 20 }

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

  testHere(`${kind}: CPU time has a limit`, async () => {
    const { end } = await run(sandbox, 'for (;;);', { ...limits, cpuSeconds: 1 })
    assert.is.not(end.code, 0)
  })
}

const bwrap = await findSandbox(['bwrap'])
const testWithBwrap = bwrap.kind === 'bwrap' ? test : test.skip
testWithBwrap('bwrap: files that were not named cannot be read', async () => {
  const path = join(folder, 'secret.txt')
  writeFileSync(path, 'secret')
  const { output } = await run(bwrap, `try { process.stdout.write(require('fs').readFileSync('${path}')) } catch {}`)
  assert.is(output, '')
})

test('a sandbox that is not there is not chosen', async () => {
  assert.is((await findSandbox([])).kind, 'none')
  assert.is((await findSandbox(['none'])).kind, 'none')
})

test.run()

async function run(sandbox: Sandbox, script: string, within = limits): Promise<{ output: string; end: ChildEnd }> {
  let output = ''
  const end = await runChild({
    command: sandbox.wrap({ program: process.execPath, args: ['-e', script] }, { readable: [] }, within),
    input: [],
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    maxOutputBytes: 10_000,
    onOutput: async chunk => {
      output += chunk
    },
    onReport: () => {},
  })
  return { output, end }
}
