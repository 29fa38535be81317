import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Hono } from 'hono'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listen } from '../../runtime/serve.ts'
import { until } from '../make/eventually.ts'

const test = suite('the end of a service')
const dir = mkdtempSync(join(tmpdir(), 'lmnt-serve-'))
test.after(() => rmSync(dir, { recursive: true, force: true }))

/** When the launcher goes: once the service has said how to stop it, while it is still on its way there, or before all that. */
type Moment = 'ready' | 'starting' | 'loading'

/** Runs a service, which would run for ever, and gives the status with which it ends after its launcher. */
async function serviceWithoutLauncher(moment: Moment): Promise<number | null> {
  const program = join(dir, 'service.mjs')
  const serve = pathToFileURL(resolve('runtime/process.ts')).href
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
    run('service', async () => {
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

test('a service ends in order when its launcher ends', async () => {
  assert.is(await serviceWithoutLauncher('ready'), 0)
})

test('a service that still waits for a dependency ends with its launcher', async () => {
  assert.is(await serviceWithoutLauncher('starting'), 1)
})

test('a service ends when its launcher was gone before its first check', async () => {
  assert.is(await serviceWithoutLauncher('loading'), 1)
})

/** Runs a service that does this once it is up; gives its status and what it has written. */
async function serviceThat(does: string): Promise<{ code: number | null; said: string }> {
  const program = join(dir, 'failing.mjs')
  const serve = pathToFileURL(resolve('runtime/process.ts')).href
  writeFileSync(
    program,
    `import { EventEmitter } from 'node:events'
    import { run } from '${serve}'
    setInterval(() => {}, 1000)
    run('service', async () => { setTimeout(() => { ${does} }, 1) })`,
  )
  const child = fork(program, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', chunk => {
      said += chunk
    })
  }
  const [code] = await once(child, 'close')
  return { code, said }
}

const unhandled = {
  'an emitter without a listener': "new EventEmitter().emit('error', new Error('lost'))",
  'a promise that nobody waits for': "Promise.reject(new Error('lost'))",
  'a throw out of nowhere': "throw new Error('lost')",
  'a throw of no error': "throw 'lost'",
}
for (const [what, does] of Object.entries(unhandled)) {
  test(`an error that nobody handles (${what}) is one line in the log, and the end`, async () => {
    const { code, said } = await serviceThat(does)
    assert.is(code, 1)
    const line = JSON.parse(said)
    assert.equal([line.severity, line.service, line.err.message], ['ERROR', 'service', 'lost'])
    assert.match(line.message, 'unhandled error')
  })
}

/** What one connection hears that sends these texts, each when `when` of the one before resolves, until it is closed. */
async function talk(port: number, sending: (send: (path: string) => void) => Promise<void>): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', chunk => {
    heard += chunk
  })
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  await sending(path => socket.write(`GET ${path} HTTP/1.1\r\nhost: test\r\n\r\n`))
  await closed
  return heard
}

test('an idle connection stays open for longer than a load balancer or a client keeps it', async () => {
  const app = new Hono()
  app.get('/', c => c.text('here'))
  const { url, close } = await listen(app)
  const { headers } = await fetch(url)
  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? []
  assert.ok(Number(seconds) > 600, `${seconds} s`)
  await close()
})

test('a service that drains ends its connections, is not ready, and lets its requests end', async () => {
  let finish = () => {}
  const app = new Hono()
  app.get('/readyz', c => c.text('ready'))
  app.get('/quick', c => c.text('quick'))
  app.get('/slow', async c => {
    await new Promise<void>(resolve => {
      finish = resolve
    })
    return c.text('slow')
  })
  // Its answer has begun, and nothing can be said about the connection any more.
  const pieces = new TransformStream<Uint8Array>()
  const writer = pieces.writable.getWriter()
  app.get('/download', () => new Response(pieces.readable))
  const { port, url, close } = await listen(app)

  let closing: Promise<void> | undefined
  const slow = talk(port, async send => {
    send('/slow')
    await until(() => finish.name !== 'finish')
  })
  const download = talk(port, async send => {
    send('/download')
    await writer.write(Buffer.from('first'))
    closing = close()
    assert.is(await fetch(`${url}/quick`).catch(() => 'refused'), 'refused')
    send('/readyz')
    await writer.close()
  })
  const [, readiness] = (await download).split('HTTP/1.1 ').slice(1)
  assert.match(readiness ?? 'none', /^503 .*connection: close.*"code":"unavailable"/is)
  finish()
  assert.match(await slow, /^HTTP\/1.1 200 .*connection: close.*slow/is)
  await closing
})

test('a handler whose connection was cut ends before what it works with', async () => {
  let isWorking = false
  const app = new Hono()
  app.get('/work', async c => {
    isWorking = true
    await new Promise(resolve => setTimeout(resolve, 250))
    isWorking = false
    return c.text('done')
  })
  const { port, close } = await listen(app)
  const heard = talk(port, async send => {
    send('/work')
    await until(() => isWorking)
    await close(0)
    assert.not.ok(isWorking)
  })
  assert.is(await heard, '')
})

test.run()
