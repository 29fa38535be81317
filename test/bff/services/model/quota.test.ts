import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { discardModel } from '../../../../bff/services/model/discard.ts'
import { receiveModel } from '../../../../bff/services/model/receive.ts'
import { publishedModels } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makeContext } from '../../../make/market.ts'

const test = suite('how many models a designer publishes')
const cws = { encrypt: async () => 'wrapped' } as unknown as Context['cws']
const bucket = {
  uri: (name: string) => `gs://lmnt-test/${name}`,
  write: async (_name: string, content: AsyncIterable<Buffer>) => {
    for await (const _piece of content);
  },
} as unknown as Context['bucket']

async function* content() {
  yield Buffer.from('solid')
}

test('parallel requests cannot exceed the daily number of models; refused ones do not count', async () => {
  const limit = 3
  const market = await makeContext({ cws, bucket, settings: { modelsPerDay: limit } })
  try {
    const { userId: designerId } = await market.newUser('designer')
    const { userId: neighbour } = await market.newUser('designer')
    const publish = (designer = designerId) =>
      receiveModel(market.ctx, { designerId: designer, treasury: '0.0.1003', operation: null }, content())
    const answers = await Promise.allSettled(Array.from({ length: 25 }, () => publish()))
    const received = answers.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    assert.is(received.length, limit)
    for (const one of answers) {
      if (one.status === 'fulfilled') continue
      assert.ok(isAppError(one.reason, 'too_many_requests') && one.reason.retryAfterS! <= 24 * 3600, String(one.reason))
    }
    assert.is(await market.db.$count(publishedModels), limit, 'nothing is left of the others')
    assert.ok(await publish(neighbour))

    await discardModel(market.ctx, received[0]!.modelId)
    assert.ok(await publish(), 'one that was refused leaves its place')
    assert.ok(isAppError(await publish().catch(error => error), 'too_many_requests'))
    market.clock.pass(24 * 3600_000)
    assert.ok(await publish())
  } finally {
    await market.close()
  }
})

test('refused models count as uploads, of which a designer has so many in a day', async () => {
  const limit = 3
  const market = await makeContext({ cws, bucket, settings: { uploadsPerDay: limit } })
  try {
    const { userId: designerId } = await market.newUser('designer')
    const upload = () => receiveModel(market.ctx, { designerId, treasury: '0.0.1003', operation: null }, content())
    for (let time = 0; time < limit; time++) await discardModel(market.ctx, (await upload()).modelId)
    let read = 0
    async function* unread() {
      read++
      yield Buffer.from('solid')
    }
    const owner = { designerId, treasury: '0.0.1003', operation: null }
    const error = await receiveModel(market.ctx, owner, unread()).catch((error: unknown) => error)
    assert.ok(isAppError(error, 'too_many_requests') && error.retryAfterS! > 23 * 3600, String(error))
    assert.is(error.message, 'Too many uploads. Try again in 24 hours.')
    assert.is(read, 0, 'nothing of the file is read')
    market.clock.pass(24 * 3600_000)
    assert.ok(await upload())
  } finally {
    await market.close()
  }
})

test.run()
