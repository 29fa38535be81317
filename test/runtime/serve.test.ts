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

/** When the launcher goes: once the service has said how to stop it, while it is still on its way there, or before all that. */
type Moment = 'ready' | 'starting' | 'loading'

/** Runs a service, which would run for ever, and gives the status with which it ends after its launcher. */
async function serviceWithoutLauncher(moment: Moment): Promise<number | null> {
  const program = join(dir, 'service.mjs')
  const serve = pathToFileURL(resolve('runtime/serve.ts')).href
  writeFileSync(
    program,
    `import { once } from 'node:events'
    import { onShutdown, run } from '${serve}'
    setInterval(() => {}, 1000)
    const gone = once(process, 'disconnect')
    if ('${moment}' === 'loading') {
      process.send('here')
      await gone
    }
    run(async () => {
      if ('${moment}' === 'ready') onShutdown(async () => {})
      process.send?.('here', () => {})
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
  assert.is(await serviceWithoutLauncher('ready'), 0)
})

test('it ends with its launcher also while it still waits for something that it needs', async () => {
  assert.is(await serviceWithoutLauncher('starting'), 1)
})

test('it ends, too, when its launcher was gone before it could look', async () => {
  assert.is(await serviceWithoutLauncher('loading'), 1)
})

test.run()
