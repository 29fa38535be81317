/** OBJ and 3MF files of any shape and spelling, and with bytes that were changed. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { boundsOf } from '../../../slicer/model/mesh.ts'
import { parseModel } from '../../../slicer/model/parse.ts'
import type { ParsedModel } from '../../../slicer/model/parsed-model.ts'
import { box, type Triangle } from '../../make/slicer/models.ts'
import { meshObject, modelPart, threemf } from '../../make/slicer/threemf.ts'

const test = suite('OBJ and 3MF files of all kinds')

/** Numbers that a 32-bit float holds exactly, so that what is read equals what was written. */
const coordinate = fc.integer({ min: -8000, max: 8000 }).map(value => value / 16)
const point = fc.tuple(coordinate, coordinate, coordinate)
const triangle = fc.tuple(point, point, point) as fc.Arbitrary<Triangle>
const triangles = fc.array(triangle, { minLength: 1, maxLength: 20 })
/** One choice of spelling for each number, word or line; used again and again. */
const choices = fc.array(fc.nat(9), { minLength: 1, maxLength: 30 })

function chooser(from: number[]) {
  let at = 0
  return <T>(...options: T[]): T => options[(from[at++ % from.length] as number) % options.length] as T
}

function spelled(value: number, choose: ReturnType<typeof chooser>): string {
  const text = choose(String(value), value.toExponential(), value.toFixed(6), value.toExponential().toUpperCase())
  return value >= 0 ? choose(text, `+${text}`) : text
}

/** As programs write OBJ: comments, groups, tabs, textures and normals, numbers of points from the end. */
function objOf(model: Triangle[], from: number[]): Buffer {
  const choose = chooser(from)
  const lines: string[] = []
  let points = 0
  for (const corners of model) {
    lines.push(...choose([], ['# v 1 2 3'], ['o part one'], ['g a b', 's off'], ['vn 0 0 1', 'vt 0.5 0.5'], ['']))
    const blank = choose(' ', '\t', '  ')
    for (const corner of corners) {
      lines.push(
        `v${blank}${corner.map(value => spelled(value, choose)).join(blank)}${choose('', ' ', ' 1.0', ' # made by')}`,
      )
    }
    points += 3
    const face = [points - 2, points - 1, points].map(number => {
      const index = choose(number, number - points - 1)
      return `${index}${choose('', '/1', '//1', '/1/1')}`
    })
    lines.push(`f${blank}${face.join(choose(' ', '\t', ' \\\n'))}${choose('', ' ', ' # face')}`)
  }
  return Buffer.from(`${choose('', '\uFEFF')}${lines.map(line => line + choose('\n', '\r\n', '\r')).join('')}`)
}

function flat(model: readonly Triangle[]): number[] {
  return model.flat(2)
}

const positionsOf = (model: ParsedModel) => [...model.positions]

test('an OBJ file gives the triangles that were written, whatever its spelling', async () => {
  await fc.assert(
    fc.asyncProperty(triangles, choices, async (model, from) => {
      const read = await parseModel(objOf(model, from))
      assert.equal([read.format, read.repairs], ['obj', []])
      assert.equal(positionsOf(read), flat(model))
    }),
    { numRuns: 300 },
  )
})

/** As programs write 3MF: extra attributes, other quotes, comments, elements of other namespaces. */
function threemfOf(model: Triangle[], from: number[]): Buffer {
  const choose = chooser(from)
  const text = modelPart(
    meshObject(1, model, choose('', 'type="model"', 'name="a &amp; b" type=\'model\'')),
    '<item objectid="1"/>',
  )
    .replaceAll(/(x|y|z)="([^"]*)"/g, (_, axis: string, value: string) => {
      const number = spelled(Number(value), choose)
      return choose(`${axis}="${number}"`, `${axis} = '${number}'`, `${axis}="${number}" m:${axis}="1"`)
    })
    .replaceAll('/>', () =>
      choose('/>', ' />', '\n/>', '/><!-- <vertex x="1"/> -->', '/><m:vertex x="9" y="9" z="9"/>'),
    )
  return threemf(text.replace('<model ', '<model xmlns:m="urn:other" '))
}

test('a 3MF file gives the triangles that were written, whatever its spelling', async () => {
  await fc.assert(
    fc.asyncProperty(triangles, choices, async (model, from) => {
      const read = await parseModel(threemfOf(model, from))
      assert.is(read.format, '3mf')
      assert.equal(positionsOf(read), flat(model))
    }),
    { numRuns: 150 },
  )
})

test('items and nested components of a 3MF file stand where their transforms put them', async () => {
  const shift = fc.tuple(coordinate, coordinate, coordinate)
  await fc.assert(
    fc.asyncProperty(shift, shift, shift, fc.boolean(), async (item, outer, inner, isMirrored) => {
      const move = ([x, y, z]: number[], mirror = 1) => `transform="${mirror} 0 0 0 1 0 0 0 1 ${x} ${y} ${z}"`
      const objects =
        meshObject(1, box(16, 8, 4)) +
        `<object id="2"><components><component objectid="1" ${move(inner)}/></components></object>` +
        `<object id="3"><components><component objectid="2" ${move(outer)}/></components></object>`
      const read = await parseModel(
        threemf(modelPart(objects, `<item objectid="3" ${move(item, isMirrored ? -1 : 1)}/>`)),
      )
      const [x = 0, y = 0, z = 0] = outer.map((value, axis) => value + (inner[axis] as number))
      const left = isMirrored ? item[0] - x - 16 : item[0] + x
      assert.equal(boundsOf(read).min, { x: left, y: item[1] + y, z: item[2] + z })
      assert.ok(volumeOf(read) > 0, 'inside out')
    }),
    { numRuns: 100 },
  )
})

const samples: [string, Buffer][] = [
  ['OBJ', objOf(box(10, 20, 30), [0, 3, 1, 7, 5])],
  ['3MF', threemf(modelPart(meshObject(1, box(10, 20, 30)), '<item objectid="1"/>'))],
]
for (const [format, whole] of samples) {
  test(`${format}: whatever bytes are changed or missing, it is read or refused with a code`, async () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) })
    const anyChange = fc.record({
      changes: fc.array(change, { maxLength: 6 }),
      size: fc.integer({ min: 1, max: whole.length }),
    })
    let [read, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(anyChange, fc.boolean(), async ({ changes, size }, isCut) => {
        const file = Buffer.from(isCut ? whole.subarray(0, size) : whole)
        for (const { at, byte } of changes) if (at < file.length) file[at] = byte
        try {
          const { positions } = await parseModel(file)
          assert.ok(positions.length >= 9 && positions.length % 9 === 0)
          assert.ok(positions.every(Number.isFinite))
          read++
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          refused++
        }
      }),
      { numRuns: 600 },
    )
    assert.ok(read > 0 && refused > 0, `${read} read, ${refused} refused`)
  })
}

test('any text that begins like an OBJ file is read or refused with a code', async () => {
  const words = fc.constantFrom(
    'v ',
    'f ',
    'v 1 2 3\n',
    'f 1 2 3\n',
    '1 ',
    '-1 ',
    '1/2/3 ',
    '1e9 ',
    'nan ',
    '0,5 ',
    '\\\n',
    '\n',
    '#',
    'o x\n',
    '9999999999 ',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 40 }), async parts => {
      await parseModel(Buffer.from(`v 0 0 0\nv 1 0 0\nv 0 1 0\n${parts.join('')}`)).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error
      })
    }),
    { numRuns: 1000 },
  )
})

test.run()

/** Positive when the triangles look outwards. */
function volumeOf({ positions: p }: ParsedModel): number {
  let sum = 0
  for (let at = 0; at < p.length; at += 9) {
    const [ax, ay, az, bx, by, bz, cx, cy, cz] = p.subarray(at, at + 9) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    sum += ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
  }
  return sum / 6
}
