import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { abs, entry, machine, printerBundle, process, read, refused } from '../../make/slicer/bundles.ts'
import { zipOf } from '../../make/slicer/zip.ts'

const test = suite('files that make no profile')

test('what is missing is named, and no filament takes the place of another', async () => {
  const one = await refused([['Fine.json', process]])
  assert.match(one, "Fine.json has a process preset. Add the machine's and the filament's.")
  const two = await refused([
    ['p.orca_printer', zipOf([entry('printer/a.json', machine), entry('process/b.json', process)])],
  ])
  assert.match(two, "p.orca_printer has a machine and a process preset. Add the filament's.")
  assert.match(await refused([['empty.zip', zipOf([])]]), 'empty.zip has no preset.')
})

test('presets that inherit in a circle are refused', async () => {
  const a = { name: 'A', inherits: 'B', filament_settings_id: ['A'] }
  const b = { name: 'B', inherits: 'A', filament_settings_id: ['B'] }
  const files = [entry('m.json', machine), entry('p.json', process), entry('a.json', a), entry('b.json', b)]
  assert.match(await refused([['b.zip', zipOf(files)]], { filament: 'A' }), '"A" inherits from itself')
})

test('hostile and broken zips are refused within a second, by name', async () => {
  const spaces = (size: number) => `{"layer_height":"0.2"${' '.repeat(size)}}`
  const many = Array.from({ length: 501 }, (_, at) => entry(`${at}.json`, '{}'))
  const kinds: Record<string, Buffer> = {
    'holds bomb.json, which has more than 256 KiB': zipOf([entry('bomb.json', spaces(8 * 2 ** 20))]),
    'cannot be unpacked: too many bytes': zipOf([{ ...entry('lie.json', spaces(8 * 2 ** 20)), claimedSize: 100 }]),
    'has more than 500 presets': zipOf(many),
    'unpacks to more than 8 MiB': zipOf(many.slice(0, 40).map(({ name }) => entry(name, spaces(250_000)))),
    'has more than 10000 entries': zipOf(Array.from({ length: 10_001 }, (_, at) => entry(`${at}`, ''))),
    'is encrypted': zipOf([{ ...entry('a.json', machine), isEncrypted: true }]),
    'invalid relative path': zipOf([entry('../../etc/a.json', machine)]),
    'absolute path': zipOf([entry('/etc/a.json', machine)]),
    'cannot be unpacked': printerBundle().subarray(0, 400),
    'a.json is not JSON': zipOf([entry('a.json', 'G28')]),
    'a.json is neither text nor a zip': zipOf([{ name: 'a.json', content: Buffer.from([0xff, 0xfe, 0x00]) }]),
    'a.json cannot be read: JSON may be nested': zipOf([entry('a.json', '['.repeat(5000))]),
    'a.json cannot be read: JSON may hold 20000 values': zipOf([entry('a.json', `[${'1,'.repeat(30_000)}1]`)]),
    'a.json cannot be read: k': zipOf([entry('a.json', '{"k":1e999}')]),
  }
  for (const [why, bytes] of Object.entries(kinds)) {
    const begun = performance.now()
    assert.match(await refused([['evil.zip', bytes]]), why)
    assert.ok(performance.now() - begun < 1000, why)
  }
})

test('three large presets are not larger together than a profile may be', async () => {
  const padding = { notes: 'x'.repeat(100 * 1024) }
  const message = await refused([
    ['m.json', { ...machine, ...padding }],
    ['p.json', { ...process, ...padding }],
    ['f.json', { ...abs, ...padding }],
  ])
  assert.match(message, 'm.json, p.json, f.json makes a profile of more than 256 KiB')
})

test('files of other programs are refused by name', async () => {
  assert.match(await refused([['p.ini', '[print:0.2]\nlayer_height = 0.2']]), 'p.ini is not JSON')
  assert.match(await refused([['m.json', { type: 'machine_model', name: 'Voron' }]]), 'm.json is no machine, process')
  assert.match(await refused([['x.json', '[]']]), 'x.json cannot be read')
  assert.match(await refused([['x.json', { hello: 1 }]]), 'x.json is no machine')
})

test('any bytes are read or refused with a code', async () => {
  const whole = printerBundle()
  const damaged = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 })
    .map(changes => {
      const bytes = Buffer.from(whole)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array)),
    fc.uint8Array({ maxLength: 300 }).map(array => Buffer.concat([Buffer.from('PK\x03\x04'), array])),
    fc.json().map(text => Buffer.from(text)),
    damaged,
    fc.nat(whole.length).map(length => whole.subarray(0, length)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async content => {
      const error = await read([['x', content]]).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      return error === undefined || (error instanceof AppError && error.code === 'profile_invalid')
    }),
    { numRuns: 1500 },
  )
})

test('a missing process or filament is told with presets of OrcaSlicer that fit the printer, its usual one first', async () => {
  const k1 = {
    ...machine,
    name: 'My K1',
    inherits: 'Creality K1 (0.4 nozzle)',
    default_print_profile: '0.24mm Draft @Creality K1 (0.4 nozzle)',
    default_filament_profile: ['No such filament'],
  }
  const both = await refused([['m.json', k1]])
  assert.match(
    both,
    /Add the process's and the filament's\. Or name one of OrcaSlicer's own in the form field "process": "0\.24mm Draft/,
  )
  assert.match(
    both,
    /"process": .*"0\.20mm Standard @Creality K1 \(0\.4 nozzle\)".*; "filament": "Creality Generic ABS"/,
  )
  assert.not.match(both, /No such filament/)
  const one = await refused([
    ['m.json', k1],
    ['p.json', process],
  ])
  assert.not.match(one, /"process"/)
  assert.match(one, /"filament": "Creality/)
  const wrong = await refused(
    [
      ['m.json', k1],
      ['p.json', process],
    ],
    { filament: 'Creality Generic ABC' },
  )
  assert.match(
    wrong,
    /^filament: "Creality Generic ABC" is neither in the files nor .* For this printer there are: "Creality/,
  )
  const unknown = await refused([['m.json', { ...machine, name: 'Nobody knows it' }]])
  assert.match(unknown, /save the project and send the \.3mf/)
  const noMachine = await refused([['p.json', process]], { printer: 'Creality K1 (0.4 nozzle)' })
  assert.match(noMachine, /Add the machine's and the filament's/)
})

test.run()
