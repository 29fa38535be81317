/**
 * The text form of STL, as programs write it and people edit it:
 *
 *     solid NAME / facet normal X Y Z / outer loop / vertex X Y Z (three times) / endloop / endfacet / endsolid NAME
 */
import { empty, maxTriangles, tooManyTriangles } from './limits.ts'
import { floats, type Numbers } from './numbers.ts'
import type { ParsedModel } from './parsed-model.ts'
import { type TextReader, textReader } from './text-reader.ts'

/** Usually 4, as in "facet normal X Y Z outer"; some exporters add words. */
const maxWordsBeforeLoop = 8
const maxCorners = 1000

interface Facets {
  text: TextReader
  positions: Numbers<Float32Array>
  /** Number of facets with more than three corners. */
  polygons: number
  /** Number of facets with a missing or incomplete normal. */
  withoutNormal: number
}

/**
 * Reads the triangles of all solids in the file. Names and normals are skipped. A file that ends within a facet was cut off
 * and is refused.
 * Errors: stl_empty, stl_malformed, stl_too_many_triangles.
 */
export function parseAsciiStl(file: Buffer): ParsedModel {
  const text = textReader(file, 'STL')
  const facets: Facets = { text, positions: floats(maxTriangles * 9), polygons: 0, withoutNormal: 0 }
  const { doubled, isOpen, isHeadless, hasColours, hasRest } = readSolids(facets)
  if (facets.positions.count === 0) throw empty()
  const repairs: string[] = []
  if (doubled > 0) repairs.push('A solid begins before the previous one has ended; both were read.')
  if (isHeadless) repairs.push('A solid has no "solid" at its beginning: check that nothing of the model is missing.')
  if (isOpen) repairs.push('The file has no "endsolid" at its end: check that nothing of the model is missing.')
  if (hasRest) repairs.push('Text after the last solid was ignored.')
  if (hasColours) repairs.push('Colours are ignored.')
  if (facets.withoutNormal > 0)
    repairs.push('Some facets have no complete normal; the order of their corners decides which way they face.')
  if (facets.polygons > 0) repairs.push('Facets with more than three corners were divided into triangles.')
  if (text.commas() > 0) repairs.push('The numbers have decimal commas, which were read as decimal points.')
  return { format: 'stl-ascii', positions: facets.positions.values(), unit: null, repairs }
}

function readSolids(facets: Facets) {
  const { text } = facets
  const summary = { doubled: 0, isOpen: false, isHeadless: false, hasColours: false, hasRest: false }
  // A solid's name may continue over several lines, up to the first facet.
  let isNaming = false
  for (;;) {
    const word = keyword(text)
    if (word === '') return summary
    if (word === 'solid') {
      if (summary.isOpen) summary.doubled++
      summary.isOpen = true
      isNaming = !skipName(text)
      if (!isNaming) readFacet(facets, 1)
    } else if (word === 'endsolid') {
      summary.isOpen = skipName(text)
      if (summary.isOpen) readFacet(facets, 1)
    } else if (word === 'facet') {
      summary.isHeadless ||= !summary.isOpen
      readFacet(facets)
      isNaming = false
      summary.isOpen = true
    } else if (word === 'color') {
      summary.hasColours = true
      text.skipLine()
    } else if (isNaming) {
      text.skipLine()
    } else if (!summary.isOpen) {
      summary.hasRest = true
      text.skipLine()
    } else {
      throw text.errorAtLine(`has "${word}" where a facet should begin`)
    }
  }
}

/** Skips a name to the end of its line, or past the "facet normal" that stands on the same line: then true. */
function skipName(text: TextReader): boolean {
  let before = ''
  for (let word = text.wordOnLine(); word !== ''; word = text.wordOnLine()) {
    if (before === 'facet' && word === 'normal') return true
    before = word
  }
  return false
}

/** `before`: the number of words after "facet" that were read already. */
function readFacet(facets: Facets, before = 0): void {
  const { text } = facets
  for (let word = text.word(); word !== 'outer'; word = text.word()) {
    before++
    if (word === '') throw cutOff(text)
    if (before > maxWordsBeforeLoop) throw text.errorAtLine(`has "${word}" where "outer loop" should be`)
  }
  if (before !== 4) facets.withoutNormal++
  expect(text, 'loop')
  const corners = readLoop(text)
  expect(text, 'endfacet')
  if (corners.length < 9) throw text.errorAtLine(`ends a facet of ${corners.length / 3} corners`)
  if (corners.length > 9) facets.polygons++
  for (let at = 3; at + 3 < corners.length; at += 3) {
    if (facets.positions.count === maxTriangles * 9) throw tooManyTriangles()
    for (const corner of [0, at, at + 3]) {
      facets.positions.push3(corners[corner] as number, corners[corner + 1] as number, corners[corner + 2] as number)
    }
  }
}

function readLoop(text: TextReader): number[] {
  const corners: number[] = []
  for (;;) {
    const word = keyword(text)
    if (word === 'endloop') return corners
    if (word === '') throw cutOff(text)
    if (word !== 'vertex')
      throw text.errorAtLine(`has "${word}" where "${corners.length < 9 ? 'vertex' : 'endloop'}" should be`)
    if (corners.length === 3 * maxCorners) throw text.errorAtLine(`has a facet of more than ${maxCorners} corners`)
    corners.push(text.number(), text.number(), text.number())
  }
}

/** The next word; "end solid", "end facet" and "end loop" count as one. */
function keyword(text: TextReader): string {
  const word = text.word()
  return word === 'end' ? word + text.word() : word
}

function expect(text: TextReader, wanted: string): void {
  const word = keyword(text)
  if (word === '') throw cutOff(text)
  if (word !== wanted) throw text.errorAtLine(`has "${word}" where "${wanted}" should be`)
}

function cutOff(text: TextReader) {
  return text.errorAtLine('ends within a facet: the file was cut off')
}
