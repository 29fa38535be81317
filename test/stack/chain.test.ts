import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Api, createApi } from '../../local/demo/api.ts'
import { isRight, toResult } from '../../local/demo/result.ts'
import { type DemoRun, runDemo } from '../../local/demo/run-demo.ts'
import { people, printerName, readSample } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type {
  PurchaseListResponse,
  PurchaseResponse,
  ReceiptResponse,
  WalletResponse,
} from '../../schema/http/purchases.ts'
import { bundleStart, files, grantOf, operate, printAgain, refused, stranger } from '../make/chain.ts'
import { runCommandsOf } from '../make/shell.ts'
import { binaryStl, box } from '../make/slicer/models.ts'
import { makeStack, quiet } from '../make/stack.ts'
import { makeThief, twoPrinters } from './two-printers.ts'

const test = suite('the whole chain')
// Faster than what one wants to watch.
const thief = makeThief()
const world = await makeStack({ linesPerSecond: 200_000, printers: 2, isEdgeShared: true, front: thief.front })
const { stack, printer, fund } = world
const start = await bundleStart(stack.folders.data)
const afterwards = twoPrinters(world, thief)
afterwards.after(async () => {
  start.close()
  await world.close()
  thief.close()
})

const url = stack.urls.bff
const cube = (side: number) => binaryStl(box(side, side, side))
const sample = readSample(undefined)
let done: DemoRun
let api: Api
let userId: string
let token: string

test.before(async () => {
  done = await runDemo({ marketplaceUrl: url, printer, sample, fund, narrator: quiet })
  const session = await createApi(url).post<SessionResponse>('/api/auth/login', people.enthusiast)
  token = session.access_token
  api = createApi(url, token)
  userId = session.user_id
})

const purchaseOf = () => api.get<PurchaseResponse>(`/api/purchases/${done.purchase.purchase_id}`)
const print = () => printAgain(api, { userId, purchaseId: done.purchase.purchase_id })

test('a model goes from the designer to the printer, paid and on record, and runs byte for byte as it was sealed', () => {
  const result = toResult(done, 1)
  assert.ok(isRight(result))
  assert.is(result.prints_used, 1)
  assert.is(result.prints_allowed, 3)
  assert.ok(result.layers > 10 && result.lines > 1000)
  assert.is(new Set(result.audit.map(({ sequence }) => sequence)).size, 4)
})

test('the receipt can be checked by anyone: each digest is on the topic under its number', async () => {
  const receipt = await api.get<ReceiptResponse>(`/api/receipts/${done.purchase.purchase_id}`)
  for (const event of receipt.events) {
    const response = await fetch(
      `${stack.ledger.mirrorUrl}/api/v1/topics/${receipt.topic_id}/messages/${event.sequence_number}`,
    )
    const { message } = (await response.json()) as { message: string }
    const written = JSON.parse(Buffer.from(message, 'base64').toString())
    assert.is(written.event_id, event.event_id)
    assert.is(written.digest, event.digest)
    const text = JSON.stringify(written)
    for (const secret of [userId, people.enthusiast.email, 'Gear wheel', printerName]) {
      assert.not.ok(text.includes(secret), `${secret} is on the public topic`)
    }
  }
})

test('a failed print gives the right back, and the next one succeeds', async () => {
  const before = await purchaseOf()
  await printer.call('virtual_printer.fail', { line: 5000, how: 'error', message: 'Heater extruder not heating' })
  const failed = await print()
  assert.is(failed.status, 'failure')
  assert.match(failed.error ?? '', /not heating/)
  const after = await purchaseOf()
  assert.is(after.prints_used, before.prints_used)
  assert.is(after.prints_reserved, 0)

  await printer.call('printer.firmware_restart')
  assert.is((await print()).status, 'success')
  assert.is((await purchaseOf()).prints_used, before.prints_used + 1)
})

test('a print that is cancelled at the printer gives the right back', async () => {
  const before = await purchaseOf()
  await printer.call('virtual_printer.fail', { line: 3000, how: 'cancel' })
  const job = await print()
  assert.is(job.status, 'failure')
  assert.is(job.stats?.reason, 'cancelled')
  assert.is((await purchaseOf()).prints_used, before.prints_used)
})

test('what cannot be sold is refused by its own code, and takes no money', async () => {
  const order = {
    user_id: userId,
    model_id: done.purchase.model_id,
    license_type: 'pay-per-print',
    storage_currency: 'hbar',
  }
  const { balances } = await api.get<{ balances: unknown }>('/api/wallet')
  const buy = (changes: object) => api.post('/api/purchase-model', { ...order, ...changes })
  await refused('not_found', buy({ model_id: `model_${'0'.repeat(26)}` }))
  await refused('license_not_offered', buy({ license_type: 'for-ever' }))
  await refused('forbidden', buy({ user_id: `user_${'0'.repeat(26)}` }))
  const poor = await stranger(url)
  for (const storage_currency of ['hbar', 'print']) {
    const wish = { ...order, user_id: poor.userId, storage_currency }
    await refused('insufficient_funds', poor.api.post('/api/purchase-model', wish))
  }
  assert.equal((await api.get<{ balances: unknown }>('/api/wallet')).balances, balances)
})

test('what is paid in PRINT takes PRINT only, and an operator gives it back', async () => {
  const held = async () => {
    const { balances } = await api.get<{ balances: { amount: string; currency: string }[] }>('/api/wallet')
    return Object.fromEntries(balances.map(({ currency, amount }) => [currency, Number(amount)]))
  }
  const before = await held()
  const { model_id } = done.purchase
  const order = { user_id: userId, model_id, license_type: 'pay-per-print', storage_currency: 'print' }
  const { purchase_id } = await api.post<{ purchase_id: string }>('/api/purchase-model', order)
  await waitFor(
    'the payment',
    async () => (await api.get<{ status: string }>(`/api/purchases/${purchase_id}`)).status === 'active',
  )
  assert.equal(await held(), { hbar: before.hbar, print: before.print! - 10 })

  assert.match(await operate(stack.folders.data, 'refund', purchase_id, '--reason', 'a test'), /is settled/)
  assert.is((await api.get<{ status: string }>(`/api/purchases/${purchase_id}`)).status, 'refunded')
  assert.equal(await held(), before)
})

test('an operator replays what was given up, of which there is nothing', async () => {
  assert.is(await operate(stack.folders.data, 'replay', '--all'), 'There are no dead letters.\n')
})

test('models that cannot be printed are refused by their own code, and nothing of them stays', async () => {
  const { access_token } = await createApi(url).post<SessionResponse>('/api/auth/login', people.designer)
  const designer = createApi(url, access_token)
  const publish = (file: Buffer) => {
    const form = new FormData()
    form.set('metadata', JSON.stringify({ ...sample.metadata, title: 'Refused' }))
    form.set('model', new Blob([new Uint8Array(file)]), 'model.stl')
    return designer.upload('/api/publish-model', form)
  }
  const notFinite = cube(20)
  notFinite.writeFloatLE(Number.NaN, 84 + 12)
  await refused('stl_not_finite', publish(notFinite))
  await refused('stl_empty', publish(Buffer.concat([Buffer.alloc(80), Buffer.alloc(4)])))
  await refused('stl_malformed', publish(Buffer.from('this is no model')))
  await refused('stl_too_small', publish(cube(0.05)))
  await refused('payload_too_large', publish(Buffer.alloc(101 * 1024 * 1024)))
  await refused('forbidden', api.upload('/api/publish-model', new FormData()))
  const { models } = await api.get<{ models: { title: string }[] }>('/api/models')
  assert.not.ok(models.some(({ title }) => title === 'Refused'))
  const objects = files(join(stack.folders.data, 'google')).filter(name => /models/.test(readFileSync(name, 'latin1')))
  assert.ok(objects.length > 0, 'the published model’s own object is there')
})

test('what belongs to others is refused: purchases, jobs, keys', async () => {
  const other = await stranger(url)
  const { purchase_id } = done.purchase
  const body = { user_id: other.userId, purchase_id }
  await refused('forbidden', other.api.post('/api/print', body))
  await refused('forbidden', other.api.get(`/api/receipts/${purchase_id}`))
  await refused('unauthenticated', createApi(url, 'no.real.token').get('/api/purchases'))
  const registered = await other.api.post<{ printer_token: string; kek_encrypted_psek_for_gcode_encryption: string }>(
    '/api/register-printer',
    { name: 'Another printer' },
  )
  const theirs = createApi(url, registered.printer_token)
  const job = done.job.print_job_id
  await refused('forbidden', theirs.post(`/api/print-jobs/${job}/key-grant`, { boot_nonce: 'a-nonce-of-16-bytes' }))
  await refused('forbidden', theirs.get(`/api/print/download-gcode?job_id=${job}`))
  // Their own job's grant opens their own printer's key, and no other.
  const grant = await grantOf(other, { printer: theirs, modelId: done.purchase.model_id, fund })
  const blob = registered.kek_encrypted_psek_for_gcode_encryption
  const open = (dataToDecrypt: string) =>
    createApi(stack.urls.cws, grant).post<{ decryptedData: string }>('/ops/decrypt-data', { dataToDecrypt })
  assert.is(Buffer.from((await open(blob)).decryptedData, 'base64').length, 32)
  const third = await stranger(url)
  const foreign = await third.api.post<typeof registered>('/api/register-printer', { name: 'A third one' })
  await refused('key_context_mismatch', open(foreign.kek_encrypted_psek_for_gcode_encryption))
})

test('neither the model nor the G-code is in the clear in any file: data, logs, temporary files', () => {
  const triangles = [84, 84 + 50 * 700, 84 + 50 * 1500].map(at => sample.file.subarray(at, at + 48))
  const move = /G1 X[\d.]+ Y[\d.]+ E[\d.]+/
  const found = files(stack.folders.data).filter(name => {
    const bytes = readFileSync(name)
    return triangles.some(triangle => bytes.includes(triangle)) || move.test(bytes.toString('latin1'))
  })
  assert.equal(found, [])
  assert.ok(
    files(stack.folders.data).some(name => name.endsWith('.gcode')),
    'the stub is where it was looked for',
  )
})

test('the README’s walk-through works as it is pasted', async () => {
  const options = { cwd: stack.folders.temporary, env: { MARKET: url }, timeoutMs: 120_000 }
  const { status, said, complaints } = await runCommandsOf('README.md', options)
  assert.is(status, 0, said + complaints)
  assert.match(said, /"status":"success"/)
  assert.match(said, /"type":"model_print"/)
  // Each answer is a line of its own, the last one, too, before the next prompt.
  assert.ok(said.endsWith('\n'))
  for (const line of said.trimEnd().split('\n')) assert.type(JSON.parse(line), 'object')
})

test('npm start -- fund gives a user as much of each money, and says what is wrong with another', async () => {
  const balances = async () =>
    (await api.get<WalletResponse>('/api/wallet')).balances.map(({ amount }) => Number(amount))
  const before = await balances()
  const said = await start.run('fund', people.enthusiast.email.toUpperCase(), '7')
  assert.match(said, /ENTHUSIAST@EXAMPLE.COM received 7 HBAR and 7 PRINT in account 0\.0\.\d+\.\n$/)
  const gained = (await balances()).map((amount, index) => Math.round((amount - before[index]!) * 1e6) / 1e6)
  assert.equal(gained, [7, 7])
  const nobody = await start.run('fund', 'nobody@example.com', '7')
  assert.is(nobody, '\nThere is no user nobody@example.com. Register first: POST /api/auth/register.\n')
})

test('after kill -9 of every process the next start goes on with the same data, and buys nothing again', async () => {
  const purchases = async () => (await api.get<PurchaseListResponse>('/api/purchases')).purchases
  const before = await purchases()
  await world.killAndRestart()
  assert.is(world.stack.urls.bff, url, 'at the same address')
  assert.equal(await purchases(), before)
  const again = { printer: world.printer, fund: world.fund, sample, narrator: quiet }
  const { job, purchase } = await runDemo({ marketplaceUrl: url, ...again })
  assert.is(job.status, 'success')
  const old = before.find(one => one.purchase_id === purchase.purchase_id)
  assert.is(purchase.prints_used, old!.prints_used + 1)
  assert.is((await purchases()).length, before.length)
})

test.run()
afterwards.run()
