import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ErrorCode } from '../../../schema/http/errors.ts'
import { boundsOf, sizeOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { openModel } from '../../../slicer/model/open-model.ts'
import { parsePlain } from '../../../slicer/model/parse.ts'
import { refusal } from '../../make/errors.ts'

const test = suite('reading OBJ files')

const points = [
  [0, 0, 0],
  [10, 0, 0],
  [10, 20, 0],
  [0, 20, 0],
  [0, 0, 30],
  [10, 0, 30],
  [10, 20, 30],
  [0, 20, 30],
]
const quads = ['4 3 2 1', '5 6 7 8', '1 2 6 5', '2 3 7 6', '3 4 8 7', '4 1 5 8']
const box = obj(quads)

function obj(faces: string[]): string {
  return [...points.map(point => `v ${point.join(' ')}`), ...faces.map(face => `f ${face}`)].join('\n')
}

test('quads are divided into triangles that fit together', async () => {
  const { triangles, size, warnings, format } = await openModel(Buffer.from(box), { units: null, views: [] })
  assert.equal([triangles, size, warnings, format], [12, { x: 10, y: 20, z: 30 }, [], 'obj'])
})

const variants: [string, string][] = [
  ['numbers of textures and normals', obj(quads.map(face => face.replaceAll(/(\d)/g, '$1/7/3')))],
  ['normals only', obj(quads.map(face => face.replaceAll(/(\d)/g, '$1//3')))],
  ['numbers from the end', obj(quads.map(face => face.replaceAll(/(\d)/g, (n: string) => String(Number(n) - 9))))],
  [
    'all that other programs write beside',
    `# made by\nmtllib a b c.mtl\no a name\nvn 0 0 1\nvt 0 0\ns off\ng\nusemtl red\nl 1 2\np 1\n${box}`,
  ],
  ['CR and LF', box.replaceAll('\n', '\r\n')],
  ['CR', box.replaceAll('\n', '\r')],
  ['a byte order mark and tabs', `\ufeff${box.replaceAll(' ', '\t  ')}`],
  ['a fourth coordinate', box.replaceAll(/^(v.*)$/gm, '$1 1.0')],
  ['lines that go on without a blank', box.replaceAll(/^(f \S+ \S+) /gm, '$1\\\n')],
  ['lines that go on', box.replaceAll(/^(f \S+ \S+) /gm, '$1 \\\n')],
  [
    'faces before their points',
    `o\n${obj(quads)
      .split('\n')
      .reverse()
      .filter(line => line.startsWith('f'))
      .join('\n')}\n${obj([])}`,
  ],
]
for (const [what, text] of variants) {
  test(`${what}: read`, () => {
    const model = parsePlain(Buffer.from(text))
    assert.is(triangleCount(model), 12)
    assert.equal(sizeOf(boundsOf(model)), { x: 10, y: 20, z: 30 })
    assert.equal(model.repairs, [])
  })
}

test('colours of points are told as ignored, decimal commas as read', () => {
  const told = (text: string) => parsePlain(Buffer.from(text)).repairs.join()
  assert.match(told(box.replaceAll(/^(v.*)$/gm, '$1 0.5 0.5 0.1')), 'Colours')
  assert.match(told(box.replaceAll(/^v 10/gm, 'v 10,5')), 'decimal commas')
})

const refused: [string, ErrorCode, RegExp, string][] = [
  ['no faces', 'stl_empty', /no triangles/, obj([])],
  ['a point that is not there', 'stl_malformed', /point 99/, obj(['1 2 99'])],
  ['point zero', 'stl_malformed', /line 9 names point 0/, obj(['0 1 2'])],
  ['a point before the first', 'stl_malformed', /point -9/, obj(['-9 1 2'])],
  ['a face of two corners', 'stl_malformed', /line 9 has a face of 2/, obj(['1 2'])],
  ['a word for a number', 'stl_malformed', /line 1 has "zero"/, box.replace('v 0', 'v zero')],
  ['commas between numbers', 'stl_malformed', /line 1 has "0,".*decimal points/, box.replace('v 0 0', 'v 0, 0')],
  ['points and commas mixed', 'stl_malformed', /decimal/, box.replace('v 10 0 0', 'v 10.5 0,5 0')],
]
for (const [what, code, message, text] of refused) {
  test(`${what}: refused as ${code}`, async () => {
    assert.match(await refusal(code, () => parsePlain(Buffer.from(text))), message)
  })
}

test.run()
