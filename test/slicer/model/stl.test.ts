import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../schema/http/models.ts'
import { boundsOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { maxTriangles, parseStl } from '../../../slicer/model/stl.ts'
import { refusal } from '../../make/errors.ts'
import { asciiStl, ball, binaryStl, box, sample, type Triangle } from '../../make/slicer/models.ts'

const test = suite('reading STL files')

test('a binary and a text file of the same model give the same triangles', () => {
  const model = box(20, 10, 5, [1, 2, 3])
  assert.equal(parseStl(asciiStl(model)).positions, parseStl(binaryStl(model)).positions)
  for (const name of ['polytopes/tetrahedron', 'objects/gearwheel']) {
    const [text, binary] = [parseStl(sample(`${name}.ascii.stl`)), parseStl(sample(`${name}.bin.stl`))]
    assert.is(triangleCount(text), triangleCount(binary))
    assert.ok(Math.abs(boundsOf(text).max.x - boundsOf(binary).max.x) < 1e-4)
  }
})

test('a binary file that begins with "solid" is read as binary, since its size says so', () => {
  assert.is(triangleCount(parseStl(binaryStl(box(1, 1, 1), 'solid exported by a CAD program'))), 12)
  assert.is(triangleCount(parseStl(sample('broken/wrongHeader.bin.stl'))), 12)
})

test('text files are read whatever their line ends, names and normals', () => {
  const text = asciiStl(box(1, 1, 1), 'facet of a long name').toString()
  for (const variant of [text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r'), text.toUpperCase(), text + text]) {
    assert.is(triangleCount(parseStl(Buffer.from(variant))) % 12, 0)
  }
  for (const name of ['notANumberNormal', 'wrongNormal', 'wrongNormals', 'solidNameMismatch', 'missingFace']) {
    assert.ok(triangleCount(parseStl(sample(`broken/${name}.ascii.stl`))) >= 3, name)
  }
  assert.is(triangleCount(parseStl(sample('misc/multiWordName.ascii.stl'))), 4)
})

const broken: [string, ErrorCode, () => Buffer][] = [
  ['an empty file', 'stl_empty', () => sample('broken/empty.stl')],
  ['a binary file without triangles', 'stl_empty', () => binaryStl([])],
  ['a text file without facets', 'stl_empty', () => sample('misc/faceless.ascii.stl')],
  ['a wrong number of triangles', 'stl_malformed', () => sample('broken/incorrectFaceCounter.bin.stl')],
  ['four corners', 'stl_malformed', () => sample('broken/fourVertices.ascii.stl')],
  ['two corners', 'stl_malformed', () => sample('broken/twoVertices.ascii.stl')],
  ['quads', 'stl_malformed', () => sample('broken/quad.ascii.stl')],
  ['a half normal', 'stl_malformed', () => sample('broken/missingNormal.ascii.stl')],
  ['no end', 'stl_malformed', () => sample('broken/missingEndsolid.ascii.stl')],
  ['a text that is no STL', 'stl_malformed', () => Buffer.from('ISO-10303-21;\nHEADER;\n'.repeat(10))],
  ['a word instead of a number', 'stl_malformed', () => replaced('vertex 0 0 0', 'vertex 0 zero 0')],
  ['NaN in a text file', 'stl_not_finite', () => replaced('vertex 0 0 0', 'vertex 0 nan 0')],
  ['more than a float holds', 'stl_not_finite', () => replaced('vertex 0 0 0', 'vertex 0 1e39 0')],
  ['NaN in a binary file', 'stl_not_finite', () => binaryStl([withCorner(Number.NaN), ...box(1, 1, 1)])],
  ['infinity in a binary file', 'stl_not_finite', () => binaryStl([withCorner(-Infinity)])],
  ['a corner a kilometre away', 'stl_malformed', () => binaryStl([withCorner(1e6)])],
  ['a zip file, as 3MF is', 'model_format_unsupported', () => Buffer.from('PK\x03\x04rest of the zip')],
  ['200 MB', 'stl_too_large', () => Buffer.alloc(2 * modelMaxBytes)],
  ['too many triangles', 'stl_too_many_triangles', () => claiming(maxTriangles + 1)],
]
for (const [what, code, make] of broken) {
  test(`${what}: refused as ${code}`, async () => {
    await refusal(code, () => parseStl(make()))
  })
}

test('a refusal of a text file names the line', async () => {
  const message = await refusal('stl_malformed', () => parseStl(replaced('endloop', 'endlop')))
  assert.match(message, /line 7 has "endlop"/)
})

test('whatever the bytes, a file is read or refused with a code', () => {
  const solid = fc.string({ unit: fc.constantFrom('solid ', 'facet ', 'vertex ', 'endloop ', '1 ', 'nan ', '\n', 'x') })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    solid.map(text => Buffer.from(`solid ${text}`)),
  )
  fc.assert(fc.property(bytes, file => isReadOrRefused(Buffer.from(file))))
})

test('a file cut anywhere is refused', () => {
  for (const file of [asciiStl(box(1, 1, 1)), binaryStl(box(1, 1, 1))]) {
    for (let size = 0; size < file.length - 15; size++) {
      assert.throws(
        () => parseStl(file.subarray(0, size)),
        (error: unknown) => error instanceof AppError,
        `${size} bytes`,
      )
    }
  }
})

test('300,000 triangles of text are read within seconds', () => {
  const file = asciiStl(ball(40, 275))
  const started = Date.now()
  assert.is(triangleCount(parseStl(file)), 4 * 275 * 274)
  assert.ok(Date.now() - started < 10_000)
})

test.run()

function replaced(what: string, by: string): Buffer {
  return Buffer.from(
    asciiStl(box(1, 1, 1))
      .toString()
      .replace(what, by),
  )
}

function withCorner(x: number): Triangle {
  return [
    [0, 0, 0],
    [x, 0, 0],
    [0, 1, 0],
  ]
}

function claiming(triangles: number): Buffer {
  const file = Buffer.alloc(84 + 50 * triangles)
  file.writeUInt32LE(triangles, 80)
  return file
}

function isReadOrRefused(file: Buffer): boolean {
  try {
    return triangleCount(parseStl(file)) > 0
  } catch (error) {
    return error instanceof AppError
  }
}
