import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the end of a service')
const dir = mkdtempSync(join(tmpdir(), 'lmnt-serve-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))

/** Runs a service, which would run for ever, up to the line where it has said how to stop it, or where it waits to. */
async function serviceWithoutLauncher(isReady: boolean): Promise<number | null> {
  const program = join(dir, 'service.mjs')
  const serve = pathToFileURL(resolve('service/serve.ts')).href
  writeFileSync(
    program,
    `import { onShutdown, run } from '${serve}'
    setInterval(() => {}, 1000)
    run(async () => {
      if (${isReady}) onShutdown(async () => {})
      process.send('here')
    })`,
  )
  const child = fork(program, { execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  const exit = once(child, 'exit')
  child.disconnect()
  const [code] = await exit
  return code
}

test('it ends in order with its launcher', async () => {
  assert.is(await serviceWithoutLauncher(true), 0)
})

test('it ends with its launcher also while it still waits for something that it needs', async () => {
  assert.is(await serviceWithoutLauncher(false), 1)
})

test.run()
