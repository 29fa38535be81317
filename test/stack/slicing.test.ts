/** The slicer, the real marketplace and Pub/Sub's deadlines: one fee and one object, however often a message comes. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buy, ensureFunds, publish, signIn } from '../../local/demo/market.ts'
import { ensureProfile, prepare, registerPrinter } from '../../local/demo/print.ts'
import { people, readSample, sampleProfile } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import { cloud } from '../../local/stack/cloud.ts'
import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { ReceiptResponse, WalletResponse } from '../../schema/http/purchases.ts'
import { ball, binaryStl } from '../make/slicer/models.ts'
import { pidsRunning } from '../make/slicer/running.ts'
import { makeStack } from '../make/stack.ts'

const test = suite('a slice and its messages')
/** The shortest that Pub/Sub allows. */
const ackDeadlineSeconds = 10
const engineChild = resolve('dist/slicer-three.js')
const subscription = `${cloud.environment}-slicing-jobs-subscription`
const { stack, printer, fund, close } = await makeStack({
  isKeptUp: true,
  env: { bff: { PASSWORD_COST: '1', PREPARATION_LEASE_SECONDS: '10' } },
})
test.after(close)

const designer = await signIn(stack.urls.bff, people.designer)
const { api, userId } = await signIn(stack.urls.bff, people.enthusiast)
await ensureFunds(api, fund)
const printerId = await registerPrinter(api, printer)
const profile = await ensureProfile(api, sampleProfile)
await shortenAckDeadline()

// Looking for the engine's process takes Linux's /proc.
const testHere = existsSync('/proc/self/cmdline') ? test : test.skip

testHere('one that takes longer than the ack deadline is made once, and paid once', async () => {
  const order = await buyBall('A slow ball', 30)
  const before = await balance()
  const came = timesItCameAgain()
  const sliced = prepare(api, order, () => {})
  sliced.catch(() => {})
  // Held, not burdened: the slice lasts until Pub/Sub has given its message up, on a fast machine and on a slow one.
  const engine = await engineStarts()
  for (const pid of engine) process.kill(pid, 'SIGSTOP')
  await waitFor('Pub/Sub to deliver the message again', async () => timesItCameAgain() > came)
  for (const pid of engine) process.kill(pid, 'SIGCONT')
  const preparation = await sliced
  await waitFor('the second delivery to be dropped', async () => logOf('slicer').includes('preparation dropped'))
  await isPaidAndStoredOnce(preparation, before)
})

testHere('one whose slicer is killed with -9 is made again after its lease, and paid once', async () => {
  const order = await buyBall('A ball that is killed', 28)
  const before = await balance()
  const killed = stack.pids().slicer as number
  const sliced = prepare(api, order, () => {})
  sliced.catch(() => {})
  const engine = await engineStarts()
  process.kill(killed, 'SIGKILL')
  await waitFor('its engine to go with it', async () => !pidsRunning(engineChild).some(pid => engine.includes(pid)))
  const preparation = await sliced
  assert.is.not(stack.pids().slicer, killed)
  await isPaidAndStoredOnce(preparation, before)
})

test.run()

async function buyBall(title: string, radiusMm: number) {
  const sample = readSample(undefined)
  const file = binaryStl(ball(radiusMm, 40))
  const model = await publish(designer.api, { metadata: { ...sample.metadata, title }, file, fileName: 'ball.stl' })
  return { userId, purchase: await buy(api, userId, model), printerId, profileId: profile.print_profile_id }
}

async function shortenAckDeadline(): Promise<void> {
  const pubsub = new PubSub({ projectId: cloud.projectId, apiEndpoint: stack.google.pubsubHost, emulatorMode: true })
  await pubsub.subscription(subscription).setMetadata({ ackDeadlineSeconds })
  await pubsub.close()
}

/** The engine's processes, its sandbox's included, as soon as there are any. */
function engineStarts(): Promise<number[]> {
  return waitFor(
    'the engine to start',
    async () => {
      const pids = pidsRunning(engineChild)
      return pids.length > 0 && pids
    },
    { everyMs: 20 },
  )
}

function logOf(service: string): string {
  return readFileSync(join(stack.folders.logs, `${service}.log`), 'utf8')
}

function timesItCameAgain(): number {
  return logOf('local-google').match(/\/pubsub\/slicing-jobs comes again/g)?.length ?? 0
}

/** In tinybar. */
async function balance(): Promise<number> {
  const { balances } = await api.get<WalletResponse>('/api/wallet')
  return Math.round(Number(balances.find(({ currency }) => currency === 'hbar')?.amount) * 1e8)
}

async function isPaidAndStoredOnce(preparation: PrepareStatusResponse, before: number): Promise<void> {
  const { preparation_id, purchase_id, slicing_fee_exact } = preparation
  assert.is(before - (await balance()), Math.round(Number(slicing_fee_exact.amount) * 1e8))
  const { events } = await api.get<ReceiptResponse>(`/api/receipts/${purchase_id}`)
  for (const type of ['slicing_fee', 'model_prepare']) {
    assert.is(events.filter(event => event.type === type).length, 1, type)
  }
  assert.is((await objectsUnder(`gcode/${preparation_id}/`)).length, 1)
}

/** The names of objects in the bucket, as the marketplace's account sees them. */
async function objectsUnder(prefix: string): Promise<string[]> {
  const metadataUrl = `http://${stack.google.metadataHosts.bff}/computeMetadata/v1/instance/service-accounts/default/token`
  const token = await fetch(metadataUrl, { headers: { 'metadata-flavor': 'Google' } })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(
    `${stack.google.storageUrl}/storage/v1/b/${cloud.bucket}/o?prefix=${encodeURIComponent(prefix)}`,
    { headers: { authorization: `Bearer ${access_token}` } },
  )
  const { items = [] } = (await answer.json()) as { items?: { name: string }[] }
  return items.map(({ name }) => name)
}
