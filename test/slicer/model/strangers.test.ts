/** Files of other people: each is read as it deserves, or refused by name. */
import { existsSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAppError } from '../../../schema/http/errors.ts'
import { openModel } from '../../../slicer/model/open-model.ts'

const test = suite('models of other people')

/** What is expected of a file: a code that it is refused with, or what is told of it when it is read. */
type Answer = { refused: RegExp } | { told: RegExp[] }

/** Models of npm's stl-models that are broken; most are 1 mm large, so that inches are suspected. */
const inches = /in inches it is 25.40 x 25.40 x 25.40 mm/
const broken: Record<string, Answer> = {
  'empty.stl': { refused: /^stl_empty/ },
  'fourVertices.ascii.stl': { told: [/more than three corners/, /tangled|not closed/, inches] },
  'incorrectFaceCounter.bin.stl': { told: [/says that it has \d+ triangles. It holds 4/, inches] },
  'missingEndsolid.ascii.stl': { told: [/no "endsolid"/, inches] },
  'missingFace.ascii.stl': { told: [/not closed: 3 edges/, inches] },
  'missingNormal.ascii.stl': { told: [/no complete normal/, inches] },
  'notANumberNormal.ascii.stl': { told: [inches] },
  'quad.ascii.stl': { told: [/more than three corners/, /not closed/, /tangled/, inches] },
  'singleFace.ascii.stl': { refused: /^stl_too_small.* 1.00 x 1.00 x 0.00 mm/ },
  'solidNameMismatch.ascii.stl': { told: [inches] },
  'twoVertices.ascii.stl': { refused: /^stl_malformed.*line 7 ends a facet of 2 corners/ },
  'wrongHeader.bin.stl': { told: [] },
  'wrongNormal.ascii.stl': { told: [inches] },
  'wrongNormals.ascii.stl': { told: [inches] },
}
for (const [name, answer] of Object.entries(broken)) {
  test(`broken/${name}`, () => requireAnswer(`node_modules/stl-models/broken/${name}`, answer))
}

/** Reports of the public, where they lie beside the project. */
const trials: Record<string, Answer> = {
  'bin-colours-in-attributes.stl': { told: [/Colours are ignored/] },
  'bin-count-0-but-data.stl': { told: [/says that it has 0 triangles. It holds 12/] },
  'bin-count-ffffffff.stl': { told: [/says that it has 4294967295 triangles. It holds 12/] },
  'bin-solid-header-and-trailing.stl': { told: [/2 bytes after the last triangle/] },
  'bin-solid-header.stl': { told: [] },
  'bin-trailing-newline.stl': { told: [/2 bytes after the last triangle/] },
  'far-from-origin-2000mm.stl': { told: [] },
  'flat-0.2mm-first-layer-test.stl': { told: [] },
  'inches-3x2x1.stl': { told: [/in inches it is 76.20 x 50.80 x 25.40 mm/] },
  'metres-0.12x0.08x0.05.stl': { refused: /^stl_too_small.*in metres it is 120.00 x 80.00 x 50.00 mm/ },
  'txt-decimal-comma.stl': { told: [/decimal commas/] },
  'txt-doubled-solid-line.stl': { told: [/before the previous one has ended/] },
  'txt-end-loop-two-words.stl': { told: [] },
  'txt-end-solid-two-words.stl': { told: [] },
  'txt-no-endsolid.stl': { told: [/no "endsolid"/] },
  'txt-two-solids-one-empty.stl': { told: [] },
  'txt-upper-crlf.stl': { told: [] },
  'txt-utf8-bom.stl': { told: [] },
}
for (const [name, answer] of Object.entries(trials)) {
  const path = `../shared/trials/${name}`
  if (existsSync(path)) test(`trials/${name}`, () => requireAnswer(path, answer))
}

test.run()

async function requireAnswer(path: string, answer: Answer): Promise<void> {
  const given = await answerOf(readFileSync(path))
  if ('refused' in answer) {
    assert.type(given, 'string')
    assert.match(given as string, answer.refused)
    return
  }
  assert.instance(given, Array, String(given))
  const told = given as string[]
  assert.is(told.length, answer.told.length, told.join('\n'))
  for (const [index, sentence] of answer.told.entries()) assert.match(told[index] as string, sentence)
}

async function answerOf(file: Buffer): Promise<string | string[]> {
  try {
    const { fault, warnings, stl, triangles } = await openModel(file, { units: null, views: [] })
    if (fault) return `${fault.code} ${fault.message}`
    assert.is(stl.readUInt32LE(80), triangles)
    return warnings
  } catch (error) {
    if (!isAppError(error)) throw error
    return `${error.code} ${error.message}`
  }
}
