import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ErrorCode } from '../../../schema/http/errors.ts'
import { boundsOf, sizeOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { openModel } from '../../../slicer/model/open-model.ts'
import { parseModel } from '../../../slicer/model/parse.ts'
import type { ParsedModel } from '../../../slicer/model/parsed-model.ts'
import { refusal } from '../../make/errors.ts'
import { box } from '../../make/slicer/models.ts'
import { meshObject, modelPart, production, threemf } from '../../make/slicer/threemf.ts'
import { zipOf } from '../../make/slicer/zip.ts'

const test = suite('reading 3MF files')
const cube = meshObject(1, box(10, 20, 30))

test('an object of the build is read, in the unit of the file', async () => {
  for (const [unit, factor] of [
    ['millimeter', 1],
    ['centimeter', 10],
    ['inch', 25.4],
    ['micron', 0.001],
  ] as const) {
    const file = threemf(modelPart(cube, '<item objectid="1"/>', `unit="${unit}"`))
    const { size, format, fault } = await openModel(file, { units: null, views: [] })
    assert.is(format, '3mf')
    assert.is(fault === null, unit !== 'micron')
    for (const [axis, side] of [
      ['x', 10],
      ['y', 20],
      ['z', 30],
    ] as const) {
      assert.ok(Math.abs(size[axis] - side * factor) < 0.01, `${unit} ${axis}`)
    }
  }
})

test('the unit that a designer sets counts more than the one in the file', async () => {
  const file = threemf(modelPart(cube, '<item objectid="1"/>', 'unit="millimeter"'))
  assert.is(Math.round((await openModel(file, { units: 'inch', views: [] })).size.x), 254)
})

test('items are placed by their transforms, and components by theirs within them', async () => {
  const assembly =
    '<object id="2"><components><component objectid="1" transform="1 0 0 0 1 0 0 0 1 100 0 0"/>' +
    '<component objectid="1"/></components></object>'
  const turned = '<item objectid="2" transform="0 1 0 -1 0 0 0 0 1 0 0 5"/>'
  const model = await read(modelPart(cube + assembly, turned))
  assert.is(triangleCount(model), 24)
  // x becomes y, y becomes -x: 110 long in y, 20 in x.
  assert.equal(boundsOf(model), { min: { x: -20, y: 0, z: 5 }, max: { x: 0, y: 110, z: 35 } })
})

test('a mirrored object does not become inside out', async () => {
  const file = threemf(modelPart(cube, '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>'))
  assert.equal((await openModel(file, { units: null, views: [] })).warnings, [])
})

test('objects in parts of their own are found, as Bambu Studio and OrcaSlicer write them', async () => {
  const main = modelPart(
    '<object id="8"><components><component p:path="/3D/Objects/object_1.model" objectid="1"/></components></object>',
    '<item objectid="8" transform="1 0 0 0 1 0 0 0 1 128 128 0" printable="1"/>',
    `unit="millimeter" ${production} requiredextensions="p"`,
  )
  const model = await parseModel(
    threemf(main, [
      { name: '3D/Objects/object_1.model', content: modelPart(cube, '') },
      {
        name: 'Metadata/project_settings.config',
        content: '{"post_process": ["/bin/sh -c evil"], "layer_height": "9"}',
      },
    ]),
  )
  assert.equal(boundsOf(model).min, { x: 128, y: 128, z: 0 })
  assert.match(model.repairs.join(), 'settings in the 3MF file are ignored')
})

test('the core’s elements may have a prefix; those of others are skipped', async () => {
  const prefixed = modelPart(cube, '<item objectid="1"/>')
    .replaceAll(/<(\/?)(\w)/g, '<$1c:$2')
    .replace('xmlns=', 'xmlns:x="urn:other" xmlns:c=')
    .replace('</c:vertices>', '<x:vertex x="900" y="0" z="0"/></c:vertices>')
  assert.equal(sizeOf(boundsOf(await read(prefixed))), { x: 10, y: 20, z: 30 })
})

test('supports, and objects that are switched off, are left out and told', async () => {
  const objects = cube + meshObject(2, box(99, 99, 99), 'type="support"') + meshObject(3, box(99, 99, 99))
  const build = '<item objectid="1"/><item objectid="2"/><item objectid="3" printable="0"/>'
  const model = await read(modelPart(objects, build))
  assert.is(triangleCount(model), 12)
  assert.equal(model.repairs, ['2 objects of the file are supports, or are not to be printed; they were left out.'])
})

test('an object that is switched off by a word is left out, too', async () => {
  const build = '<item objectid="1"/><item objectid="2" printable="false"/>'
  assert.is(triangleCount(await read(modelPart(cube + meshObject(2, box(99, 99, 99)), build))), 12)
})

test('a part in UTF-16, and a unit in capitals or left empty, are read', async () => {
  const model = modelPart(cube, '<item objectid="1"/>', 'unit="Inch"')
  const text = `\ufeff${model.replace('UTF-8', 'UTF-16')}`
  const encoded = [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16(), Buffer.from(text)]
  for (const part of encoded) {
    const { unit, positions } = await parseModel(threemf(part))
    assert.equal([unit, positions.length], ['inch', 12 * 9])
  }
  assert.is((await read(modelPart(cube, '<item objectid="1"/>', 'unit=""'))).unit, 'mm')
})

test('a component that is a modifier or a blocker is left out and told, wherever it is nested', async () => {
  const objects =
    cube +
    meshObject(2, box(99, 99, 99), 'type="other"') +
    '<object id="3"><components><component objectid="1"/><component objectid="2"/></components></object>' +
    '<object id="4"><components><component objectid="3"/></components></object>'
  const model = await read(modelPart(objects, '<item objectid="4"/>'))
  assert.equal([triangleCount(model), sizeOf(boundsOf(model))], [12, { x: 10, y: 20, z: 30 }])
  assert.match(model.repairs.join(), /One object of the file is a support, or is not to be printed/)
})

test('a project of several plates is told: its objects become one model', async () => {
  const plate = (number: number) => ({ name: `Metadata/plate_${number}.png`, content: 'PNG' })
  const file = (plates: number[]) => threemf(modelPart(cube, '<item objectid="1"/>'), plates.map(plate))
  assert.equal((await parseModel(file([1]))).repairs, [])
  assert.match((await parseModel(file([1, 2, 3]))).repairs.join(), /project has 3 plates: .* side by side/)
})

test('part names may be percent-encoded in one place and not in the other', async () => {
  const main = (path: string) =>
    modelPart(
      `<object id="8"><components><component p:path="${path}" objectid="1"/></components></object>`,
      '<item objectid="8"/>',
      production,
    )
  for (const [path, name] of [
    ['/3D/Objects/my%20part.model', '3D/Objects/my part.model'],
    ['/3D/Objects/my part.model', '3D/Objects/my%20part.model'],
    ['/3D/Objects/T%C3%A4.model', '3D/Objects/Tä.model'],
  ] as const) {
    const model = await parseModel(threemf(main(path), [{ name, content: modelPart(cube, '') }]))
    assert.is(triangleCount(model), 12)
  }
})

test('colours are told, those of an object too', async () => {
  for (const coloured of [
    cube.replace('<triangle ', '<triangle pid="2" p1="0" '),
    meshObject(1, box(1, 1, 1), 'pid="2"'),
  ]) {
    assert.match((await read(modelPart(coloured, '<item objectid="1"/>'))).repairs.join(), /Colours/)
  }
})

const bomb = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
const nested = Array.from({ length: 40 }, (_, id) => {
  const next = `<component objectid="${id + 2}"/>`
  return `<object id="${id + 1}"><components>${next}${next}</components></object>`
}).join('')
const refused: [string, ErrorCode, RegExp, () => Buffer][] = [
  ['an empty build', 'stl_empty', /nothing to print/, () => threemf(modelPart(cube, ''))],
  ['a zip without a model', 'stl_malformed', /not a 3MF file/, () => zipOf([{ name: 'model.stl', content: 'solid' }])],
  ['a document type', 'stl_malformed', /document type/, () => threemf(bomb + modelPart(cube, ''))],
  ['an entity', 'stl_malformed', /not valid XML/, () => threemf(modelPart('&boom;', ''))],
  ['XML that ends early', 'stl_malformed', /not valid XML/, () => threemf(modelPart(cube, '').slice(0, -30))],
  [
    'an object in itself',
    'stl_malformed',
    /nests/,
    () =>
      threemf(
        modelPart('<object id="1"><components><component objectid="1"/></components></object>', '<item objectid="1"/>'),
      ),
  ],
  [
    'components that double 40 times',
    'stl_malformed',
    /nests/,
    () => threemf(modelPart(nested + meshObject(41, box(1, 1, 1)), '<item objectid="1"/>')),
  ],
  [
    'components that double 20 times',
    'stl_too_many_triangles',
    /1500000/,
    () => threemf(modelPart(nested + meshObject(41, box(1, 1, 1)), '<item objectid="21"/>')),
  ],
  ['an object that is missing', 'stl_malformed', /object 7/, () => threemf(modelPart(cube, '<item objectid="7"/>'))],
  [
    'a part that is missing',
    'stl_malformed',
    /no part/,
    () => threemf(modelPart(cube, '<item objectid="1" p:path="/3D/x.model"/>', production)),
  ],
  [
    'a vertex that is missing',
    'stl_malformed',
    /vertex "99"/,
    () => threemf(modelPart(cube.replace('v1="0"', 'v1="99"'), '')),
  ],
  [
    'a word for a coordinate',
    'stl_malformed',
    /"0,5"/,
    () => threemf(modelPart(cube.replace('x="10"', 'x="0,5"'), '')),
  ],
  [
    'a transform of eleven numbers',
    'stl_malformed',
    /twelve/,
    () => threemf(modelPart(cube, '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0"/>')),
  ],
  [
    'an extension that is needed',
    'model_format_unsupported',
    /beamlattice/,
    () => threemf(modelPart(cube, '', 'xmlns:b="http://x/beamlattice" requiredextensions="b"')),
  ],
  ['an unknown unit', 'stl_malformed', /"cubit"/, () => threemf(modelPart(cube, '', 'unit="cubit"'))],
  ['a zip that is cut off', 'stl_malformed', /unpacked/, () => threemf(modelPart(cube, '')).subarray(0, 300)],
  [
    'a part that is larger than it claims',
    'stl_malformed',
    /unpacked/,
    () => threemf('', [{ name: '3D/model.model', content: modelPart(cube, '').padEnd(1e6), claimedSize: 100 }]),
  ],
  [
    'a name of two million letters',
    'stl_malformed',
    /too long/,
    () => threemf(modelPart(`<object name="${'x'.repeat(2e6)}"/>`, '')),
  ],
]
for (const [what, code, message, make] of refused) {
  test(`${what}: refused as ${code}`, async () => {
    assert.match(await refusal(code, () => parseModel(make())), message)
  })
}

test.run()

function read(model: string): Promise<ParsedModel> {
  return parseModel(threemf(model))
}
