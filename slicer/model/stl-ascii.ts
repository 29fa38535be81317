/**
 * The text form of STL, word by word over the bytes: a file of 100 MB never becomes a string.
 *
 *     solid NAME / facet normal X Y Z / outer loop / vertex X Y Z (three times) / endloop / endfacet / endsolid NAME
 */
import { AppError } from '../../schema/http/errors.ts'

interface Limits {
  maxTriangles: number
  tooMany: () => AppError
}

const numbersPerFacet = 9
/** Longer than any number or keyword; a name may be longer and is skipped, not read. */
const maxWord = 64
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20

/**
 * Gives the corners of all facets, of all solids in the file. Names and normals are skipped, whatever they are; a file
 * that ends before its `endsolid` was cut off and is refused.
 * Errors: stl_malformed, and what `tooMany` makes.
 */
export function parseAsciiStl(file: Buffer, { maxTriangles, tooMany }: Limits): Float32Array {
  const words = wordReader(file)
  let positions = new Float32Array(numbersPerFacet * 1024)
  let filled = 0
  let isInside = false
  for (;;) {
    const word = words.next()
    if (word === '') {
      if (isInside) throw words.wrong('ends without "endsolid": it seems to be cut off')
      return positions.subarray(0, filled)
    }
    if (word === 'solid' || word === 'endsolid') {
      if (isInside === (word === 'solid')) throw words.wrong(`has "${word}" in the wrong place`)
      isInside = word === 'solid'
      words.skipLine()
    } else if (word === 'facet' && isInside) {
      if (filled === maxTriangles * numbersPerFacet) throw tooMany()
      if (filled === positions.length) positions = grow(positions, maxTriangles)
      readFacet(words, positions, filled)
      filled += numbersPerFacet
    } else {
      throw words.wrong(`has "${word}" where a facet should begin`)
    }
  }
}

function readFacet(words: WordReader, positions: Float32Array, start: number): void {
  let word = words.next()
  if (word === 'normal') {
    for (let axis = 0; axis < 3; axis++) words.next()
    word = words.next()
  }
  words.expect(word, 'outer')
  words.expect(words.next(), 'loop')
  for (let at = start; at < start + numbersPerFacet; at += 3) {
    words.expect(words.next(), 'vertex')
    for (let axis = 0; axis < 3; axis++) positions[at + axis] = words.number()
  }
  words.expect(words.next(), 'endloop')
  words.expect(words.next(), 'endfacet')
}

interface WordReader {
  /** The next word in lower case; '' at the end of the file. */
  next: () => string
  number: () => number
  skipLine: () => void
  expect: (word: string, wanted: string) => void
  /** The refusal of the file, at the line that was reached. */
  wrong: (what: string) => AppError
}

function wordReader(file: Buffer): WordReader {
  let at = 0
  let line = 1

  function next(): string {
    while (at < file.length && (file[at] as number) <= space) {
      if (file[at] === newline) line++
      at++
    }
    const start = at
    while (at < file.length && (file[at] as number) > space) at++
    if (at - start > maxWord) throw wrong('has a word that is too long')
    return file.toString('latin1', start, at).toLowerCase()
  }

  function wrong(what: string): AppError {
    return new AppError('stl_malformed', `The STL file cannot be read: line ${line} ${what}.`)
  }

  function expect(word: string, wanted: string): void {
    if (word !== wanted) throw wrong(`has "${word}" where "${wanted}" should be`)
  }

  return {
    next,
    wrong,
    expect,
    number: () => {
      const word = next()
      const value = Number(word)
      if (word === '' || (Number.isNaN(value) && !/^[+-]?(nan|inf|infinity)(\(\w*\))?$/.test(word))) {
        throw wrong(`has "${word}" where a number should be`)
      }
      return value
    },
    skipLine: () => {
      while (at < file.length && file[at] !== newline && file[at] !== carriageReturn) at++
    },
  }
}

function grow(positions: Float32Array, maxTriangles: number): Float32Array<ArrayBuffer> {
  const grown = new Float32Array(Math.min(positions.length * 2, maxTriangles * numbersPerFacet))
  grown.set(positions)
  return grown
}
