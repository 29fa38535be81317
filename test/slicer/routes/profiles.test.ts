import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { printerFacts } from '../../../schema/http/printer-facts.ts'
import { accounts, startCloud } from '../../make/slicer/cloud.ts'
import { quickEngine } from '../../make/slicer/engines.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { makeWorld } from '../../make/slicer/world.ts'
import { zipOf } from '../../make/slicer/zip.ts'

const test = suite('the slicer’s paths for profiles')
const cloud = await startCloud()
const world = await makeWorld(cloud.google, { engine: quickEngine() })
test.after(async () => {
  await world.close()
  await cloud.close()
})

const profile = testProfile()
const content = (settings: unknown) => Buffer.from(JSON.stringify(settings)).toString('base64')
const files = [
  { name: 'a.json', content: content(profile.machine_settings) },
  { name: 'b.json', content: content({ ...profile.process_settings, type: 'process' }) },
  { name: 'c.json', content: content({ ...profile.filament, type: 'filament' }) },
]
const requests = { '/check-profile': { profile, printer: null }, '/read-profile': { files } }

test('only the marketplace may ask', async () => {
  for (const [path, body] of Object.entries(requests)) {
    assert.is((await world.post(path, body, accounts.push)).status, 403, path)
    assert.is((await world.app.request(path, { method: 'POST', body: JSON.stringify(body) })).status, 401, path)
    assert.is((await world.post(path, body)).status, 200, path)
  }
})

test('files come back as the three maps of a profile', async () => {
  const { body } = await world.post('/read-profile', requests['/read-profile'])
  assert.equal(body.machine_settings, profile.machine_settings)
  assert.equal(body.filament, { ...profile.filament, type: 'filament' })
  assert.is(body.name, 'Test printer')
  const refused = await world.post('/read-profile', { files: files.slice(0, 1) })
  assert.equal([refused.status, refused.body.code], [422, 'profile_invalid'])
})

test('a dry run tells faults of the profile and of the printer', async () => {
  const printer = printerFacts.parse({ nozzle_diameter_mm: 0.6 })
  const { body } = await world.post('/check-profile', { profile, printer })
  assert.equal(
    body.faults.map(({ code }: { code: string }) => code),
    ['profile_not_for_printer'],
  )
})

test('a body that is too large is refused unread', async () => {
  for (const path of Object.keys(requests)) {
    const { status, body } = await world.post(path, { files: [{ name: 'a', content: 'A'.repeat(3 * 2 ** 20) }] })
    assert.equal([status, body.code], [413, 'payload_too_large'], path)
  }
})

test('more at a time than the limit are told to come again', async () => {
  const bundle = zipOf([{ name: 'a.json', content: JSON.stringify(profile.machine_settings) }]).toString('base64')
  const all = await Promise.all([
    ...Array.from({ length: 4 }, () => world.post('/read-profile', { files: [{ name: 'a.zip', content: bundle }] })),
    ...Array.from({ length: 4 }, () => world.post('/check-profile', requests['/check-profile'])),
  ])
  const statuses = all.map(({ status }) => status)
  assert.ok(statuses.includes(429), statuses.join())
  assert.is(all.find(({ status }) => status === 429)?.body.code, 'too_many_requests')
  assert.is((await world.post('/check-profile', requests['/check-profile'])).status, 200, 'and later it works')
})

test.run()
