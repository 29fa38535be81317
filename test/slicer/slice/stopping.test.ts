import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { until } from '../../make/eventually.ts'
import { quickEngine, waitingEngine } from '../../make/slicer/engines.ts'
import { setUpSlicing, small } from '../../make/slicer/set-up.ts'

const test = suite('a slicer that stops or is busy')
const { engine, world } = await setUpSlicing(test)

test('a slicer that is told to stop gives its job back', async () => {
  const stopped = await world({ engine: waitingEngine() })
  const { job, started } = await stopped.makeJob(small)
  const pushed = stopped.push(job)
  await until(() => stopped.marketplace.state.progress.some(told => told.step === 'slice'))
  stopped.stop()
  assert.is((await pushed).status, 503)
  assert.equal(stopped.results, [])
  assert.equal(stopped.marketplace.state.released, [started.lease_id])
  assert.not.ok(await stopped.exists(started.gcode_gcs_uri))
})

test('a slicer that is told to stop just as the engine would begin does not begin', async () => {
  const stopped = await world({ engine: waitingEngine() })
  const { job } = await stopped.makeJob(small)
  stopped.marketplace.state.isCancelled = told => {
    if (told.step === 'slice') stopped.stop()
    return false
  }
  assert.is((await stopped.push(job)).status, 503)
  assert.equal(stopped.results, [])
})

test('more jobs than may wait are sent away', async () => {
  const busy = await world({ engine: waitingEngine() })
  const jobs = await Promise.all([1, 2, 3].map(() => busy.makeJob(small)))
  const first = busy.push(jobs[0]?.job)
  await until(() => busy.marketplace.state.starts === 1)
  const second = busy.push(jobs[1]?.job)
  await until(() => busy.marketplace.state.progress.some(told => told.step === 'slice'))
  assert.is((await busy.push(jobs[2]?.job)).status, 429)
  busy.stop()
  assert.equal(
    (await Promise.all([first, second])).map(answer => answer.status),
    [503, 503],
  )
  assert.is(busy.marketplace.state.starts, 1, 'the second had not begun')
})

test('a slicer whose engine does not work is not ready, until it does', async () => {
  const broken: Engine = { ...quickEngine(), slice: async () => Promise.reject(new AppError('engine_failed', 'no')) }
  const { app, context } = await world({ engine: broken })
  assert.is((await app.request('/readyz')).status, 503)
  context.engines = [engine]
  assert.is((await app.request('/readyz')).status, 200)
})

test('a request larger than any job is refused unread', async () => {
  const { post } = await world({ engine: quickEngine() })
  assert.is((await post('/slice', 'x'.repeat(300_000))).body.code, 'payload_too_large')
})

test.run()
