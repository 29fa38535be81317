import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlan } from './plan.ts'
import { runOnce } from './run.ts'
import { printerCount, startWorld, type World } from './world.ts'

const test = suite<{ world: World }>('chaos, shortly')

test.before(async context => {
  context.world = await startWorld(() => {})
})
test.after(async ({ world }) => {
  await world?.close()
})

test('the same seed makes the same plan, another one another', () => {
  assert.equal(makePlan(7, printerCount), makePlan(7, printerCount))
  assert.not.equal(makePlan(7, printerCount), makePlan(8, printerCount))
})

for (const seed of [1, 2]) {
  test(`rights and money are exact after the faults of seed ${seed}`, async ({ world }) => {
    const { broken, faults, trace } = await runOnce(world, makePlan(seed, printerCount))
    assert.equal(broken, [], `npm run chaos -- --runs 1 --seed ${seed}\n${trace.join('\n')}`)
    assert.ok(faults > 0)
  })
}

test.run()
