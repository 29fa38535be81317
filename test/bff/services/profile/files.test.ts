import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../../schema/http/errors.ts'
import { readProfileFiles } from '../../../../slicer/bundles/read-profile.ts'
import { checkProfile } from '../../../../slicer/dry-run/check-profile.ts'
import { createLimit } from '../../../../slicer/limit.ts'
import { codeOf, makeApi, requireDocumented } from '../../../make/api.ts'
import { makeContext } from '../../../make/market.ts'
import { quickEngine } from '../../../make/slicer/engines.ts'
import { testProfile } from '../../../make/slicer/profiles.ts'
import { zipOf } from '../../../make/slicer/zip.ts'

const test = suite('profiles sent as files')
// The slicer's own verbs, without the way to them.
const slicer = {
  clock: () => new Date(0),
  engines: [quickEngine()] as [ReturnType<typeof quickEngine>],
  profiles: createLimit({ atOnce: 1, waiting: 10 }),
}
let isAway = false
let reads = 0
const market = await makeContext({
  readProfile: async request => {
    reads++
    if (isAway) throw new AppError('unavailable', 'The slicer did not answer.')
    return readProfileFiles(slicer, request)
  },
  checkProfile: request => checkProfile(slicer, request),
})
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})

async function newToken(): Promise<string> {
  const { userId } = await market.newUser()
  return (await market.ctx.tokens.forUser(userId, 'enthusiast')).token
}

interface Sent {
  files?: [string, Buffer | object, string?][]
  fields?: Record<string, string>
  key?: string
}

/** As a browser sends it: a boundary of its own each time. */
async function send(token: string, { files = [], fields = {}, key }: Sent) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  for (const [name, content, type = 'application/json'] of files) {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    form.append('files', new Blob([new Uint8Array(bytes)], { type }), name)
  }
  const headers = { authorization: `Bearer ${token}`, ...(key ? { 'idempotency-key': key } : {}) }
  const response = await fetch(`${api.url}/api/print-profiles`, { method: 'POST', headers, body: form })
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  requireDocumented('POST', '/api/print-profiles', answer)
  return answer
}

const { machine_settings, process_settings, filament } = testProfile()
const process = { ...process_settings, type: 'process', name: 'Fine' }
const plastic = { ...filament, type: 'filament', name: 'PLA' }
const three: NonNullable<Sent['files']> = [
  ['machine.json', machine_settings],
  ['process.json', process],
  ['filament.json', plastic],
]
const bundle = zipOf(three.map(([name, content]) => ({ name: `x/${name}`, content: JSON.stringify(content) })))

test('three files and a bundle are stored as JSON would be', async () => {
  const token = await newToken()
  for (const files of [three, [['mine.orca_printer', bundle, 'application/octet-stream']]] as Sent['files'][]) {
    const { status, body } = await send(token, { files: files! })
    assert.is(status, 201, body.detail)
    assert.equal([body.name, body.machine_settings], ['Test printer', machine_settings])
    assert.equal([body.process_settings, body.filament], [process, plastic])
    assert.type(body.warnings.length, 'number')
  }
  const { body: list } = await api.ask('GET', '/api/print-profiles', { token })
  assert.is(list.print_profiles.length, 2)
  const named = await send(token, { files: three, fields: { name: 'Kitchen' } })
  assert.is(named.body.name, 'Kitchen')
})

test('JSON is taken as before', async () => {
  const token = await newToken()
  const body = { machine_settings, process_settings, filament, name: 'JSON' }
  const made = await api.ask('POST', '/api/print-profiles', { token, body })
  assert.equal([made.status, made.body.name], [201, 'JSON'])
  const empty = await api.ask('POST', '/api/print-profiles', { token })
  assert.is(codeOf(empty), 'bad_request')
  const tooLarge = { ...body, notes: 'x'.repeat(300_000) }
  assert.is(codeOf(await api.ask('POST', '/api/print-profiles', { token, body: tooLarge })), 'payload_too_large')
})

test('a part that is missing, a preset that cannot be chosen and a bad field are told', async () => {
  const token = await newToken()
  const missing = await send(token, { files: three.slice(1) })
  assert.is(codeOf(missing), 'profile_invalid')
  assert.match(
    missing.body.detail,
    "process.json, filament.json has a process and a filament preset. Add the machine's.",
  )
  const unknown = await send(token, { files: three, fields: { printer: 'Ender' } })
  assert.match(unknown.body.detail, 'printer: machine.json, process.json, filament.json has no machine preset "Ender"')
  assert.is(codeOf(await send(token, { files: three, fields: { name: ' ' } })), 'invalid_input')
  assert.is(codeOf(await send(token, { files: three, fields: { printer: 'x'.repeat(201) } })), 'invalid_input')
  const nul = { ...plastic, filament_notes: ['a\0b'] }
  assert.is(codeOf(await send(token, { files: [...three.slice(0, 2), ['f.json', nul]] })), 'invalid_input')
})

test('too many, too large and no files are refused before the slicer reads any', async () => {
  const token = await newToken()
  const before = reads
  assert.is(codeOf(await send(token, { fields: { name: 'none' } })), 'invalid_input')
  assert.is(codeOf(await send(token, { files: [...three, ['four.json', {}]] })), 'bad_request')
  const half = Buffer.alloc(1.1 * 2 ** 20, 'x')
  const large = await send(token, {
    files: [
      ['a.zip', half],
      ['b.zip', half],
    ],
  })
  assert.is(codeOf(large), 'payload_too_large')
  assert.is(codeOf(await send('nobody', { files: three })), 'unauthenticated')
  assert.is(reads, before)
})

test('the same key stores one profile, whatever the form’s boundary', async () => {
  const token = await newToken()
  const first = await send(token, { files: three, key: 'one' })
  const again = await send(token, { files: three, key: 'one' })
  assert.is(again.body.print_profile_id, first.body.print_profile_id)
  assert.is(again.headers.get('idempotency-replayed'), 'true')
  const swapped: Sent['files'] = [three[0]!, three[1]!, ['filament.json', { ...plastic, filament_type: ['ABS'] }]]
  assert.is(codeOf(await send(token, { files: swapped, key: 'one' })), 'idempotency_key_reused')
  const json = { machine_settings, process_settings, filament }
  const headers = { 'idempotency-key': 'one' }
  assert.is(
    codeOf(await api.ask('POST', '/api/print-profiles', { token, body: json, headers })),
    'idempotency_key_reused',
  )
  const { body: list } = await api.ask('GET', '/api/print-profiles', { token })
  assert.is(list.print_profiles.length, 1)
})

test('while the slicer is away nothing is stored, and the same request works later', async () => {
  const token = await newToken()
  isAway = true
  assert.is(codeOf(await send(token, { files: three, key: 'later' })), 'unavailable')
  isAway = false
  assert.is((await send(token, { files: three, key: 'later' })).status, 201)
})

test.run()
