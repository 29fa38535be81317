/** The pictures of a slice's layers: for the purchase's owner, as long as the slice is there. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { expirePreparations } from '../../../../bff/services/preparation/expire.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { preparationPreviews, preparations } from '../../../../schema/db/bff/index.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { slicingResult } from '../../../../schema/messages/slicing.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('pictures of layers')
const bucket = { uri: (name: string) => `gs://lmnt-test/${name}` } as Context['bucket']
const market = await makeContext({ bucket, wakes: true })
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})
const { db, ctx } = market
const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
const push = market.as({ kind: 'service', email: ctx.settings.pushServiceAccount })

/** A preparation that is being sliced for nothing, and what its slicer will tell. */
async function slicing() {
  const own = await makePrepared(market)
  const fresh = { status: 'pending', step: 'queued', gcodeFileUrl: null } as const
  await db.update(preparations).set(fresh).where(eq(preparations.preparationId, own.preparationId))
  const result = slicedResult(await startPreparation(slicer, own.preparationId))
  const { token } = await ctx.tokens.forUser(own.userId, 'enthusiast')
  const status = async () => (await api.ask('GET', `/api/prepare-status?purchase_id=${own.purchaseId}`, { token })).body
  return { ...own, result, token, status }
}

test('the owner is told of them, and gets them as PNGs that nobody else keeps', async () => {
  const { preparationId, result, token, status } = await slicing()
  assert.equal((await status()).previews, [])
  for (let time = 0; time < 2; time++) await receiveSlicingResult(push, result)
  const { previews } = await status()
  const folder = `${ctx.settings.marketplaceUrl}/api/preparations/${preparationId}/previews`
  assert.equal(previews, [
    { layer: 1, z_mm: 0.2, url: `${folder}/0` },
    { layer: 5, z_mm: 1, url: `${folder}/1` },
  ])
  const response = await fetch(`${api.url}/api/preparations/${preparationId}/previews/1`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal([response.status, await response.text()], [200, 'layer 5'])
  assert.is(response.headers.get('content-type'), 'image/png')
  assert.match(response.headers.get('cache-control') ?? '', /^private/)
})

test('nobody else, and nothing that is not there', async () => {
  const { preparationId, result, token, printerId, userId } = await slicing()
  await receiveSlicingResult(push, result)
  const other = (await slicing()).token
  const { token: printer } = await ctx.tokens.forPrinter(printerId, userId, 1)
  const path = `/api/preparations/${preparationId}/previews`
  const code = async (path: string, token?: string) => codeOf(await api.ask('GET', path, token ? { token } : {}))
  assert.is(await code(`${path}/0`), 'unauthenticated')
  assert.is(await code(`${path}/0`, other), 'forbidden')
  assert.is(await code(`${path}/0`, printer), 'forbidden')
  assert.is(await code(`${path}/2`, token), 'not_found')
  assert.is(await code(`/api/preparations/${newId('preparation', ctx.random)}/previews/0`, token), 'not_found')
  for (const n of ['24', '-1', 'x', '1.5']) assert.is(await code(`${path}/${n}`, token), 'invalid_input', n)
})

test('they are deleted when the slice ends', async () => {
  const { preparationId, result, status } = await slicing()
  await receiveSlicingResult(push, result)
  assert.is((await status()).previews.length, 2)
  const soon = new Date(ctx.clock().getTime() - 1)
  await db.update(preparations).set({ gcodeTtlExpiry: soon }).where(eq(preparations.preparationId, preparationId))
  await expirePreparations(ctx)
  const kept = await db.select().from(preparationPreviews).where(eq(preparationPreviews.preparationId, preparationId))
  assert.equal(kept, [])
  const { status: state, previews } = await status()
  assert.equal([state, previews], ['expired', []])
})

test('a result has a bounded number of them, and an older slicer none', async () => {
  const { result } = await slicing()
  const picture = { layer: 1, z_mm: 0.2, png: 'AAAA' }
  const taken = (previews: unknown) => slicingResult.safeParse({ ...result, previews }).success
  assert.ok(taken(Array(24).fill(picture)) && taken(undefined))
  assert.not.ok(taken(Array(25).fill(picture)))
  assert.not.ok(taken([{ ...picture, png: 'A'.repeat(30_000) }]))
})

test.run()
