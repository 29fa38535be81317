import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the end of npm start')

/** Stops for half a second, as one that stops the others in order. */
const program = `
  const { untilInterrupted } = await import(${JSON.stringify(pathToFileURL('local/stack/interrupted.ts').href)})
  const interrupted = untilInterrupted()
  const running = setInterval(() => {}, 1000)
  console.log('here')
  await interrupted
  console.log('stopping')
  await new Promise(resolve => setTimeout(resolve, 500))
  clearInterval(running)
  console.log('stopped')`

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`a second ${signal} does not cut it short`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', chunk => {
      said += chunk
      if (!said.endsWith('stopped\n')) child.kill(signal)
    })
    const [status] = await once(child, 'exit')
    assert.equal([status, said], [0, 'here\nstopping\nstopped\n'])
  })
}

test.run()
