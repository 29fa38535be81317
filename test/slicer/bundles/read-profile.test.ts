import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../../schema/http/profiles.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import {
  abs,
  entry,
  type File,
  filament,
  machine,
  machine_settings,
  machineOnly,
  pla,
  printerBundle,
  process,
  process_settings,
  read,
  refused,
} from '../../make/slicer/bundles.ts'
import { machinesFile, readMachines } from '../../make/slicer/machines.ts'
import { zipOf } from '../../make/slicer/zip.ts'

const test = suite('profiles out of files')

test('three files are told apart by what is in them, with a type and without', async () => {
  const answer = await read([
    ['c.json', abs],
    ['a.json', process],
    ['b.json', machine],
  ])
  assert.equal(answer, { name: 'My printer', machine_settings: machine, process_settings: process, filament: abs })
  const typed = { name: 'Test printer', machine_settings, process_settings, filament }
  const byType = await read([
    ['1.json', { ...process_settings, type: 'process' }],
    ['2.json', `\uFEFF${JSON.stringify(machine_settings)}`],
    ['3.json', { ...filament, type: 'filament' }],
  ])
  assert.is(byType.name, 'Test printer')
  assert.equal(byType.machine_settings, typed.machine_settings)
})

test('presets without type and names are told apart by whose settings they have', async () => {
  const { type: __, name: ___, ...settings } = machine_settings
  const answer = await read([
    ['Voron 2.4.json', settings],
    ['process.json', { wall_loops: '3', layer_height: '0.2', compatible_printers: [] }],
    ['ABS.json', filament],
  ])
  assert.is(answer.name, 'Voron 2.4')
  assert.is(answer.process_settings.wall_loops, '3')
})

test('every machine that OrcaSlicer ships is recognised, its process and filament too', async () => {
  for (const { name, profile } of readMachines(machinesFile)) {
    // One machine comes without a process of its own.
    if (Object.keys(profile.process_settings).length === 0) continue
    const parts = { machine: profile.machine_settings, process: profile.process_settings, filament: profile.filament }
    const files = Object.entries(parts).map(([kind, settings]): File => [`${kind}.json`, { ...settings, type: '' }])
    const answer = await read(files)
    assert.equal(answer.filament, { ...parts.filament, type: '' }, name)
    assert.equal(answer.process_settings, { ...parts.process, type: '' }, name)
  }
})

test('a printer’s bundle is read', async () => {
  const answer = await read([['My printer.orca_printer', printerBundle()]])
  assert.equal(answer, { name: 'My printer', machine_settings: machine, process_settings: process, filament: abs })
})

test('a filament’s bundle, in folders of vendors, goes with the other two', async () => {
  const bundle = zipOf([entry('Some vendor/My ABS @My printer.json', abs), entry('bundle_structure.json', {})])
  const answer = await read([
    ['My ABS.orca_filament', bundle],
    ['machine.json', machine],
    ['presets.zip', zipOf([entry('Fine.json', process)])],
  ])
  assert.equal([answer.filament, answer.process_settings], [abs, process])
})

test('the settings of a project are a whole profile, as a file and in its .3mf', async () => {
  const project: Settings = {
    ...machineOnly,
    ...process_settings,
    ...filament,
    name: 'project_settings',
    from: 'project',
    printer_settings_id: 'My printer',
    print_settings_id: 'Fine',
    filament_settings_id: ['My ABS'],
    filament_type: ['ABS'],
  }
  const threemf = zipOf([
    { name: '3D/3dmodel.model', content: '<model/>' },
    { name: 'Metadata/plate_1.json', content: '{"layer_height":1}' },
    { name: 'Metadata/project_settings.config', content: JSON.stringify(project) },
  ])
  for (const file of [
    ['project_settings.config', project],
    ['mine.3mf', threemf],
  ] as File[]) {
    const { name, ...contents } = await read([file])
    assert.is(name, 'My printer')
    assert.is(readProfile(contents).filament.type, 'ABS')
    assert.is(readProfile(contents).temperatures.nozzle, 215)
  }
  const both = await refused([
    ['mine.3mf', threemf],
    ['abs.json', abs],
  ])
  assert.match(both, 'mine.3mf, abs.json: a project')
})

test('of several presets of a kind none is guessed: a field names one', async () => {
  const second = {
    ...machine,
    name: 'My other printer',
    printer_settings_id: 'My other printer',
    printable_height: '300',
  }
  const bundle = printerBundle(entry('printer/other.json', second), entry('filament/My PLA.json', pla))
  const file: File = ['all.zip', bundle]
  const message = await refused([file], { filament: 'My ABS' })
  assert.match(
    message,
    'all.zip has 2 machine presets. Name one in the form field "printer": "My printer", "My other printer".',
  )
  assert.match(await refused([file], { printer: 'My printer' }), 'form field "filament": "My ABS", "My PLA"')
  assert.match(await refused([file], { printer: 'Ender' }), 'printer: all.zip has no machine preset "Ender"')
  const answer = await read([file], { printer: 'My other printer', filament: 'My PLA', process: 'Fine' })
  assert.is(answer.name, 'My other printer')
  assert.is(answer.machine_settings.printable_height, '300')
  assert.equal(answer.filament, pla)
})

test('presets that inherit within a bundle are resolved there, and only there', async () => {
  const child = { name: 'Hot ABS', inherits: 'My ABS', filament_settings_id: ['Hot ABS'], nozzle_temperature: ['260'] }
  const tuned = {
    name: 'Tuned',
    inherits: '_local/12/My printer',
    printer_settings_id: 'Tuned',
    printable_height: '99',
  }
  const bundle = printerBundle(entry('filament/Hot.json', child), entry('printer/t.json', tuned))
  const { name, ...contents } = await read([['b.zip', bundle]])
  assert.is(name, 'Tuned')
  assert.equal(contents.filament, { ...abs, ...child, inherits: '' })
  const profile = readProfile(contents)
  assert.is(profile.temperatures.nozzle, 260)
  assert.is(profile.filament.type, 'ABS')
  assert.is(profile.bed.heightMm, 99)
  // The parent is chosen when it is named.
  assert.equal((await read([['b.zip', bundle]], { filament: 'My ABS' })).filament, abs)
})

test('a chain ends at a parent in the catalogue, or is refused by its name', async () => {
  const part = { name: 'Base', inherits: 'Generic ABS', filament_settings_id: ['Base'], nozzle_temperature: ['251'] }
  const child = {
    name: 'Mine',
    inherits: 'Base',
    filament_settings_id: ['Mine'],
    nozzle_temperature_initial_layer: ['252'],
  }
  const bundle = (base: Settings) =>
    zipOf([entry('m.json', machine), entry('p.json', process), entry('b.json', base), entry('c.json', child)])
  const { name: __, ...contents } = await read([['b.zip', bundle(part)]])
  const profile = readProfile(contents)
  assert.equal([profile.temperatures.nozzle, profile.temperatures.nozzleFirstLayer], [251, 252])
  assert.is(profile.filament.type, 'ABS')
  const { name: ___, ...orphan } = await read([['b.zip', bundle({ ...part, inherits: 'Nobody’s ABS' })]])
  assert.throws(() => readProfile(orphan), /Nobody’s ABS/)
})

test('the profiles of public reports are what they were, as files', async () => {
  const { name: __, ...trial } = JSON.parse(readFileSync('../shared/trials/profile-ok.json', 'utf8'))
  const answer = await read([
    ['m.json', { type: 'machine', ...trial.machine_settings }],
    ['p.json', { type: 'process', ...trial.process_settings }],
    ['f.json', { type: 'filament', ...trial.filament }],
  ])
  assert.is(answer.process_settings.layer_height, trial.process_settings.layer_height)
})

const written: [string, (text: string) => Buffer][] = [
  ['UTF-8 with a mark and CRLF', text => Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`)],
  ['UTF-16', text => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16, the other way round', text => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ['Windows-1252', text => Buffer.from(text, 'latin1')],
]
for (const [encoding, encode] of written) {
  test(`a preset in ${encoding} is read, with its name`, async () => {
    const name = 'Drucker für Küche'
    const bytes = encode(JSON.stringify({ ...machine, name }, null, 2))
    const bundle = zipOf([{ name: 'm.json', content: bytes }, entry('p.json', process), entry('f.json', abs)])
    for (const answer of [
      await read([['b.zip', bundle]]),
      await read([
        ['m.json', bytes],
        ['p.json', process],
        ['f.json', abs],
      ]),
    ]) {
      assert.is(answer.name, name)
    }
  })
}

test('what macOS and Windows put beside the files is passed over', async () => {
  const fork = (name: string) => ({ name, content: Buffer.from([0, 5, 0x16, 7, 0, 2]) })
  const bundle = printerBundle(
    ...['__MACOSX/printer/._My printer.json', 'b/__MACOSX/._Fine.json', 'filament/._My ABS.json'].map(fork),
    ...['.DS_Store', 'printer/Thumbs.db'].map(fork),
  )
  assert.is((await read([['b.zip', bundle]])).name, 'My printer')
})

test('a process and a filament of OrcaSlicer itself are named in the form', async () => {
  const k1 = { ...machine, name: 'My K1', inherits: 'Creality K1 (0.4 nozzle)' }
  const wanted = { process: '0.16mm Optimal @Creality K1 (0.4 nozzle)', filament: 'Creality Generic ABS' }
  const { name, ...contents } = await read([['m.json', k1]], wanted)
  assert.is(name, 'My K1')
  const profile = readProfile(contents)
  assert.equal([profile.layerHeightMm, profile.filament.type], [0.16, 'ABS'])
  assert.ok(profile.temperatures.nozzle >= 240)
  assert.match(profile.warnings.join(), /process preset inherits .*catalogue.*filament preset inherits/s)
  // One of the files goes before one of the same name.
  const own = { ...abs, name: wanted.filament }
  assert.equal(
    (
      await read(
        [
          ['m.json', k1],
          ['f.json', own],
        ],
        wanted,
      )
    ).filament,
    own,
  )
})

test.run()
