import { Hono } from 'hono'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { enginesAt } from '../../bff/slicer-engines.ts'
import { listen } from '../../runtime/serve.ts'
import { refusal } from '../make/errors.ts'

const test = suite("the slicer's engines, as the marketplace knows them")
const start = Date.parse('2026-11-25T12:00:00Z')
let engines: string[] = []
let asked = 0
let isBroken = false
const slicer = await listen(
  new Hono().get('/engines', c => {
    asked++
    if (isBroken) return c.text('down', 503)
    const about = { version: '1', license: 'MIT', source_url: 'https://example.com/engine' }
    return c.json({ engines: engines.map((name, at) => ({ name, default: at === 0, ...about })) })
  }),
)
test.after(() => slicer.close(0))

function makeEngines(url = slicer.url) {
  const clock = { now: start }
  asked = 0
  isBroken = false
  engines = ['three', 'prusa']
  return { clock, hasEngine: enginesAt(url, () => new Date(clock.now)) }
}

test('an engine is there when the slicer names it', async () => {
  const { hasEngine } = makeEngines()
  assert.equal([await hasEngine('three'), await hasEngine('prusa'), await hasEngine('orca')], [true, true, false])
})

test('an answer counts for a minute, then the slicer is asked again', async () => {
  const { hasEngine, clock } = makeEngines()
  assert.not(await hasEngine('orca'))
  engines = ['orca']
  clock.now += 60_000
  assert.not(await hasEngine('orca'))
  assert.is(asked, 1)
  clock.now += 1
  assert.ok(await hasEngine('orca'))
  assert.is(asked, 2)
})

test('a slicer that is down is unavailable, and is asked again at once', async () => {
  const { hasEngine, clock } = makeEngines()
  isBroken = true
  await refusal('unavailable', () => hasEngine('three'))
  isBroken = false
  assert.ok(await hasEngine('three'))
  // What it said before does not count for longer because nobody can be asked.
  isBroken = true
  clock.now += 60_001
  await refusal('unavailable', () => hasEngine('three'))
})

test('a slicer that cannot be reached, or gives another answer, is unavailable', async () => {
  const gone = await listen(new Hono().get('/engines', c => c.json({ engines: 'three' })))
  await refusal('unavailable', () => makeEngines(gone.url).hasEngine('three'))
  await gone.close(0)
  await refusal('unavailable', () => makeEngines(gone.url).hasEngine('three'))
})

test.run()
