/**
 * Processes that are held or killed, and started again by the one that keeps them up. Of a slice there is one fee and one object,
 * however often Pub/Sub delivers its message; a print uses one right.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buy, ensureFunds, publish, signIn } from '../../local/demo/market.ts'
import { ensureProfile, prepare, registerPrinter } from '../../local/demo/print.ts'
import { lastRun } from '../../local/demo/printer.ts'
import { runDemo } from '../../local/demo/run-demo.ts'
import { people, readSample, sampleProfile } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import { cloud } from '../../local/stack/cloud.ts'
import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PurchaseResponse, ReceiptResponse, WalletResponse } from '../../schema/http/purchases.ts'
import { processTree } from '../../slicer/sandbox/memory.ts'
import { ball, binaryStl } from '../make/slicer/models.ts'
import { pidsRunning } from '../make/slicer/running.ts'
import { makeStack, quiet } from '../make/stack.ts'

const slice = suite('a slice and its messages')
const print = suite('a long print')
/** The shortest that Pub/Sub allows. */
const ackDeadlineSeconds = 10
const engineChild = resolve('dist/slicer-three.js')
const subscription = `${cloud.environment}-slicing-jobs-subscription`
const { stack, printer, fund, close } = await makeStack({
  isKeptUp: true,
  env: { bff: { PASSWORD_COST: '1', PREPARATION_LEASE_SECONDS: '10' } },
})
// The suite that runs last.
print.after(close)

const designer = await signIn(stack.urls.bff, people.designer)
const { api, userId } = await signIn(stack.urls.bff, people.enthusiast)
await ensureFunds(api, fund)
const printerId = await registerPrinter(api, printer)
const profile = await ensureProfile(api, sampleProfile)
await shortenAckDeadline()

// Looking for the engine's process takes Linux's /proc.
const sliceHere = existsSync('/proc/self/cmdline') ? slice : slice.skip

sliceHere('one that takes longer than the ack deadline is made once, and paid once', async () => {
  const order = await buyBall('A slow ball', 22)
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

sliceHere('one whose slicer is killed with -9 is made again after its lease, and paid once', async () => {
  const order = await buyBall('A ball that is killed', 20)
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

print('goes on byte for byte when everything but the printer is killed in its middle, and uses one right', async () => {
  const sample = { ...readSample(undefined), file: binaryStl(ball(21, 100)), fileName: 'ball.stl' }
  await setSpeed(1_000_000)
  const first = await runDemo({ marketplaceUrl: stack.urls.bff, printer, sample, fund, narrator: quiet })
  const { purchase_id } = first.purchase
  const { sha256, lines } = first.preparation.totals!
  assert.ok(lines > 100_000, `${lines} lines`)

  await setSpeed(12_000)
  const { print_job_id } = await api.post<PrintResponse>('/api/print', { purchase_id })
  await waitFor('the middle of the print', async () => {
    const part = await printedPart()
    return part > 0.3 && part < 0.9
  })
  const killed = Object.entries(stack.pids()).filter(([name]) => !name.includes('printer'))
  for (const [, pid] of killed) process.kill(pid, 'SIGKILL')
  assert.ok(killed.length >= 7, killed.map(([name]) => name).join(' '))

  const job = await patiently('the print to end', async () => {
    const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
      `/api/print-jobs?purchase_id=${purchase_id}`,
    )
    const found = print_jobs.find(one => one.print_job_id === print_job_id)
    return found?.ended_at ? found : null
  })
  assert.is(job.status, 'success')
  const ran = await lastRun(printer)
  assert.is(ran.sha256, sha256)
  assert.is(ran.lines, lines)
  const purchase = await api.get<PurchaseResponse>(`/api/purchases/${purchase_id}`)
  assert.is(purchase.prints_used, 2)
  assert.is(purchase.prints_reserved, 0)
  const told = await patiently('the second success on the ledger', async () => {
    const { events } = await api.get<ReceiptResponse>(`/api/receipts/${purchase_id}`)
    const prints = events.filter(event => event.type === 'model_print' && event.sequence_number !== null)
    return prints.length >= 2 ? prints : null
  })
  assert.is(told.length, 2)
})

slice.run()
print.run()

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

/** The processes of this stack's engine, its sandbox's included, as soon as there are any. Other tests run engines, too. */
function engineStarts(): Promise<number[]> {
  return waitFor(
    'the engine to start',
    async () => {
      const ours = processTree(stack.pids().slicer!)
      const pids = pidsRunning(engineChild).filter(pid => ours.includes(pid))
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

function setSpeed(lines_per_second: number): Promise<unknown> {
  return printer.call('virtual_printer.set_speed', { lines_per_second })
}

async function printedPart(): Promise<number> {
  const { status } = await printer.call<{ status: { virtual_sdcard: { progress: number } } }>('printer.objects.query', {
    objects: { virtual_sdcard: null },
  })
  return status.virtual_sdcard.progress
}

/** Asked again while nobody is there to answer. */
function patiently<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  return waitFor(what, () => ask().catch(() => null))
}
