import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PubSub } from '@google-cloud/pubsub'
import { Storage } from '@google-cloud/storage'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { GoogleAddresses } from '../../../local/google/start.ts'
import { become, googleOptions, makeGoogleDir, projectId } from '../../make/google.ts'

const test = suite('google: the doubles as a process')
const { dataDir, remove } = makeGoogleDir()
let running: Running
const children = new Set<ChildProcess>()
test.after(() => {
  for (const child of children) child.kill('SIGKILL')
  remove()
})

interface Running extends GoogleAddresses {
  child: ChildProcess
}

async function start(config: unknown = googleOptions(dataDir)): Promise<Running> {
  const child = spawn(process.execPath, ['dist/local-google.js'], {
    env: { ...process.env, LMNT_GOOGLE_CONFIG: JSON.stringify(config) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  children.add(child)
  for await (const line of createInterface(child.stdout!)) {
    if (line.startsWith('ready ')) return { ...JSON.parse(line.slice('ready '.length)), child }
  }
  throw new Error('The doubles ended before they were ready.')
}

async function stop({ child }: Running, how: () => unknown): Promise<number | null> {
  const ended = once(child, 'exit')
  how()
  children.delete(child)
  return (await ended)[0] as number | null
}

function filesIn(running: Running) {
  become(running, 'writer')
  const options = { apiEndpoint: running.storageUrl, useAuthWithCustomEndpoint: true, universeDomain: '127.0.0.1' }
  return new Storage(options).bucket('files')
}

test('what was confirmed is there after a kill', async () => {
  running = await start()
  await filesIn(running).file('kept').save('body', { resumable: false })
  let pubsub = new PubSub({ projectId })
  const [topic] = await pubsub.createTopic('kept')
  await topic.createSubscription('kept-subscription')
  const messageId = await topic.publishMessage({ data: Buffer.from('message') })
  await stop(running, () => running.child.kill('SIGKILL'))
  await pubsub.close()

  running = await start()
  assert.is((await filesIn(running).file('kept').download())[0].toString(), 'body')
  pubsub = new PubSub({ projectId })
  const subscription = pubsub.subscription('kept-subscription')
  const [message] = await once(subscription, 'message')
  assert.is(message.id, messageId)
  message.ack()
  await pubsub.close()
})

test('an upload of 100 MB takes no memory to speak of', async () => {
  const files = filesIn(running)
  await files.file('small').save('warm', { resumable: false })
  const before = memoryOf(running)
  const piece = Buffer.alloc(1 << 20, 'lmnt')
  let most = before
  const pieces = Readable.from(
    (function* () {
      for (let n = 0; n < 100; n += 1) {
        if (n % 20 === 0) most = Math.max(most, memoryOf(running))
        yield piece
      }
    })(),
  )
  await pipeline(
    pieces,
    files.file('large').createWriteStream({ validation: false, preconditionOpts: { ifGenerationMatch: 0 } }),
  )
  most = Math.max(most, memoryOf(running))
  assert.is(Number((await files.file('large').getMetadata())[0].size), 100 << 20)
  assert.ok(most - before < 60, `${most - before} MB more than before`)
})

test('it ends by itself when its parent is gone', async () => {
  assert.is(await stop(running, () => running.child.disconnect()), 0)
})

test('a configuration that cannot work is told, not guessed', () => {
  const config = JSON.stringify({ ...googleOptions(dataDir), projectId: '!', surplus: 1 })
  const result = spawnSync(process.execPath, ['dist/local-google.js'], {
    env: { PATH: process.env.PATH, LMNT_GOOGLE_CONFIG: config },
    encoding: 'utf8',
  })
  assert.is(result.status, 1)
  assert.match(result.stderr, /projectId/)
  assert.match(result.stderr, /surplus/)
})

/** The resident memory of the process in MB. */
function memoryOf({ child }: Running): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' }).stdout) / 1024
}

test.run()
