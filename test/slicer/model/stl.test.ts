import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../schema/http/model-limits.ts'
import { maxTriangles } from '../../../slicer/model/limits.ts'
import { boundsOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { parsePlain } from '../../../slicer/model/parse.ts'
import { refusal } from '../../make/errors.ts'
import { asciiStl, ball, binaryStl, box, sample, type Triangle } from '../../make/slicer/models.ts'

const test = suite('reading STL files')
/** How an OLE container begins. */
const cadContainer = Buffer.from('d0cf11e0a1b11ae1', 'hex')

test('a binary and a text file of the same model give the same triangles', () => {
  const model = box(20, 10, 5, [1, 2, 3])
  assert.equal(parsePlain(asciiStl(model)).positions, parsePlain(binaryStl(model)).positions)
  for (const name of ['polytopes/tetrahedron', 'objects/gearwheel']) {
    const [text, binary] = [parsePlain(sample(`${name}.ascii.stl`)), parsePlain(sample(`${name}.bin.stl`))]
    assert.is(triangleCount(text), triangleCount(binary))
    assert.ok(Math.abs(boundsOf(text).max.x - boundsOf(binary).max.x) < 1e-4)
  }
})

test('a binary file that begins with "solid" is read as binary, since its size says so', () => {
  assert.is(triangleCount(parsePlain(binaryStl(box(1, 1, 1), 'solid exported by a CAD program'))), 12)
  assert.is(triangleCount(parsePlain(sample('broken/wrongHeader.bin.stl'))), 12)
})

test('text files are read whatever their line ends, names and normals', () => {
  const text = asciiStl(box(1, 1, 1), 'facet of a long name').toString()
  for (const variant of [text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r'), text.toUpperCase(), text + text]) {
    assert.is(triangleCount(parsePlain(Buffer.from(variant))) % 12, 0)
  }
  for (const name of ['notANumberNormal', 'wrongNormal', 'wrongNormals', 'solidNameMismatch', 'missingFace']) {
    assert.ok(triangleCount(parsePlain(sample(`broken/${name}.ascii.stl`))) >= 3, name)
  }
  assert.is(triangleCount(parsePlain(sample('misc/multiWordName.ascii.stl'))), 4)
})

const broken: [string, ErrorCode, () => Buffer][] = [
  ['an empty file', 'stl_empty', () => sample('broken/empty.stl')],
  ['a binary file without triangles', 'stl_empty', () => binaryStl([])],
  ['a text file without facets', 'stl_empty', () => sample('misc/faceless.ascii.stl')],
  ['two corners', 'stl_malformed', () => sample('broken/twoVertices.ascii.stl')],
  ['a text of another format', 'model_format_unsupported', () => Buffer.from('ISO-10303-21;\nHEADER;\n'.repeat(10))],
  ['a compressed STL', 'model_format_unsupported', () => gzipSync(binaryStl(box(1, 1, 1)))],
  ['a part of a CAD program', 'model_format_unsupported', () => Buffer.concat([cadContainer, Buffer.alloc(500)])],
  ['a photo', 'model_format_unsupported', () => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(500, 1)])],
  ['a word instead of a number', 'stl_malformed', () => replaced('vertex 0 0 0', 'vertex 0 zero 0')],
  ['NaN in a text file', 'stl_not_finite', () => replaced('vertex 0 0 0', 'vertex 0 nan 0')],
  ['more than a float holds', 'stl_not_finite', () => replaced('vertex 0 0 0', 'vertex 0 1e39 0')],
  ['NaN in a binary file', 'stl_not_finite', () => binaryStl([withCorner(Number.NaN), ...box(1, 1, 1)])],
  ['infinity in a binary file', 'stl_not_finite', () => binaryStl([withCorner(-Infinity)])],
  ['a corner a kilometre away', 'stl_malformed', () => binaryStl([withCorner(1e6)])],
  ['200 MB', 'stl_too_large', () => Buffer.alloc(2 * modelMaxBytes)],
  ['too many triangles', 'stl_too_many_triangles', () => claiming(maxTriangles + 1)],
]
for (const [what, code, make] of broken) {
  test(`${what}: refused as ${code}`, async () => {
    await refusal(code, () => parsePlain(make()))
  })
}

test('a refusal of a text file names the line', async () => {
  const message = await refusal('stl_malformed', () => parsePlain(replaced('endloop', 'endlop')))
  assert.match(message, /line 7 has "endlop"/)
})

test('whatever the bytes, a file is read or refused with a code', () => {
  const solid = fc.string({ unit: fc.constantFrom('solid ', 'facet ', 'vertex ', 'endloop ', '1 ', 'nan ', '\n', 'x') })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    solid.map(text => Buffer.from(`solid ${text}`)),
  )
  fc.assert(fc.property(bytes, file => (parseOrRefuse(Buffer.from(file))?.positions.length ?? 9) > 0))
})

test('a file that is cut within a triangle is refused; between two it is told', () => {
  for (const file of [asciiStl(box(1, 1, 1)), binaryStl(box(1, 1, 1))]) {
    let read = 0
    for (let size = 0; size < file.length - 15; size++) {
      const model = parseOrRefuse(file.subarray(0, size))
      if (!model) continue
      read++
      assert.ok(model.repairs.length > 0, `${size} bytes`)
      assert.is(model.positions.length % 9, 0)
    }
    assert.ok(read >= 11 && read < file.length / 5, `${read} cuts were read`)
  }
})

const repaired: [string, RegExp, () => Buffer][] = [
  ['a count of 0', /says that it has 0 triangles. It holds 12/, () => counted(0)],
  ['a count of 2^32 - 1', /says that it has 4294967295 triangles. It holds 12/, () => counted(0xffffffff)],
  ['a count that is too small', /says that it has 5 triangles. It holds 12/, () => counted(5)],
  ['a newline at the end', /1 bytes after the last/, () => Buffer.concat([binaryStl(box(1, 1, 1)), Buffer.from('\n')])],
  ['100 zeros at the end', /100 bytes after/, () => Buffer.concat([binaryStl(box(1, 1, 1)), Buffer.alloc(100)])],
  ['100 letters at the end', /100 bytes after/, () => Buffer.concat([binaryStl(box(1, 1, 1)), Buffer.alloc(100, 'a')])],
  ['"solid" and bytes at the end', /2 bytes/, () => Buffer.concat([binaryStl(box(1, 1, 1), 'solid'), Buffer.alloc(2)])],
  ['colours in attributes', /Colours/, () => coloured(0x83ff)],
  ['a colour in the header', /Colours/, () => binaryStl(box(1, 1, 1), 'COLOR=abcd')],
  ['no endsolid', /no "endsolid"/, () => replaced('endsolid model\n', '')],
  ['no solid line', /no "solid" at its beginning/, () => replaced('solid model\n', '')],
  ['a solid line twice', /before the previous one/, () => replaced('solid', 'solid model\nsolid')],
  [
    'decimal commas',
    /decimal commas/,
    () =>
      Buffer.from(
        asciiStl(box(1.5, 1.5, 1.5))
          .toString()
          .replaceAll('.', ','),
      ),
  ],
  ['text after the end', /after the last solid/, () => Buffer.concat([asciiStl(box(1, 1, 1)), Buffer.from('by me\n')])],
  ['colours of facets', /Colours/, () => replaced('outer loop', 'outer loop', '  color 1 0 0\n')],
  ['a facet of four corners', /more than three corners/, () => replaced('endloop', 'vertex 0 0 0\nendloop')],
  ['a normal of two numbers', /no complete normal/, () => replaced('normal 0 0 0', 'normal 0 0')],
  ['one NaN in 200 triangles', /One triangle .* left out/, () => binaryStl([withCorner(Number.NaN), ...ball(10, 8)])],
]
for (const [what, told, make] of repaired) {
  test(`${what}: read, and told`, () => {
    const { repairs, positions } = parsePlain(make())
    assert.match(repairs.join(), told)
    assert.is(repairs.length, 1)
    assert.ok(positions.length >= 12 * 9)
  })
}

const tolerated: [string, (text: string) => string][] = [
  ['a byte order mark', text => `\ufeff${text}`],
  ['upper case and CR LF', text => text.toUpperCase().replaceAll('\n', '\r\n')],
  ['end solid, end loop and end facet', text => text.replaceAll(/end(solid|loop|facet)/g, 'end $1')],
  ['zero bytes at the end', text => text + '\0'.repeat(300)],
  ['two solids, one of them empty', text => `solid 4\nendsolid 4\n${text}`],
  ['a name that goes on', text => text.replace('solid model', 'solid model\nof several\nlines')],
  ['exponents', text => text.replaceAll(' 1', ' 1.0000E+000')],
  ['no name, no indentation', text => text.replaceAll(' model', '').replaceAll(/^ +/gm, '')],
  ['everything on one line', text => text.replaceAll(/\s+/g, ' ')],
  ['a name with a facet in it', text => text.replace('solid model', 'solid facet holder')],
  ['Ctrl-Z at the end', text => `${text}\x1a`],
  ['everything on one line but the names', text => text.replaceAll(/\n +/g, ' ').replace(' facet', '\nfacet')],
]
for (const [what, change] of tolerated) {
  test(`${what}: read`, () => {
    const model = parsePlain(Buffer.from(change(asciiStl(box(1, 1, 1)).toString())))
    assert.equal(model.positions, parsePlain(binaryStl(box(1, 1, 1))).positions)
    assert.equal(model.repairs, [])
  })
}

test('several solids on one line are read, each with all of its facets', () => {
  const text = asciiStl(box(1, 1, 1)).toString()
  const { positions, repairs } = parsePlain(Buffer.from(`${text}${text}`.replaceAll(/\s+/g, ' ')))
  assert.equal([positions.length, repairs], [2 * 12 * 9, []])
})

test('text of two bytes a letter is read', () => {
  const text = Buffer.from(`\ufeff${asciiStl(box(1, 1, 1))}`, 'utf16le')
  assert.is(triangleCount(parsePlain(text)), 12)
  assert.is(triangleCount(parsePlain(Buffer.from(text).swap16())), 12)
})

test('commas that can be read in two ways are refused, by name', async () => {
  for (const [number, told] of [
    ['1,2,3', /has "1,2,3", and a comma/],
    ['1,', /has "1,"/],
    ['1,234.5', /has "1,234.5"/],
  ] as const) {
    assert.match(await refusal('stl_malformed', () => parsePlain(replaced('vertex 1 ', `vertex ${number} `))), told)
  }
  const mixed = replaced('vertex 1 1', 'vertex 1,5 1.5')
  assert.match(await refusal('stl_malformed', () => parsePlain(mixed)), /decimal commas/)
})

test('numbers are read as JavaScript reads them', () => {
  fc.assert(
    fc.property(fc.double({ min: -9e4, max: 9e4, noNaN: true }), fc.boolean(), (number, isExponent) => {
      const text = isExponent ? number.toExponential() : String(number)
      const model = parsePlain(
        Buffer.from(
          asciiStl(box(1, 1, 1))
            .toString()
            .replace('vertex 0', `vertex ${text}`),
        ),
      )
      return Object.is(model.positions[0], Math.fround(Number(text)))
    }),
  )
})

test('300,000 triangles of text are read within seconds', () => {
  const file = asciiStl(ball(40, 275))
  const before = process.cpuUsage()
  assert.is(triangleCount(parsePlain(file)), 4 * 275 * 274)
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 10e6, `${(user + system) / 1e6} s of CPU`)
})

test.run()

function replaced(what: string, by: string, before = ''): Buffer {
  const text = asciiStl(box(1, 1, 1)).toString()
  return Buffer.from(text.replace(what, by).replace('facet', `${before}facet`))
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

/** The model, or undefined when it was refused with a code. */
function parseOrRefuse(file: Buffer) {
  try {
    return parsePlain(file)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function counted(count: number): Buffer {
  const file = binaryStl(box(1, 1, 1))
  file.writeUInt32LE(count, 80)
  return file
}

function coloured(attribute: number): Buffer {
  const file = binaryStl(box(1, 1, 1))
  file.writeUInt16LE(attribute, 84 + 48)
  return file
}
