/** The purpose of a line, from the engine's ";TYPE:" comments. Each kind has a colour, as in slicers. */
export const lineKinds = ['outer-wall', 'wall', 'solid', 'infill', 'support', 'skirt', 'other'] as const
export type LineKind = (typeof lineKinds)[number]

/** OrcaSlicer's and PrusaSlicer's words; the first match counts. */
const words: [RegExp, LineKind][] = [
  [/support/i, 'support'],
  [/skirt|brim|raft|tower/i, 'skirt'],
  [/outer|external|overhang/i, 'outer-wall'],
  [/solid|top|bottom|surface|bridge|ironing/i, 'solid'],
  [/infill|fill/i, 'infill'],
  [/wall|perimeter/i, 'wall'],
]

const mark = ';TYPE:'
const longest = 64
const newline = 0x0a

/** The kind that a comment names, or undefined. */
export function readKind(line: string): LineKind | undefined {
  if (!line.startsWith(mark)) return undefined
  const type = line.slice(mark.length, longest)
  return words.find(([word]) => word.test(type))?.[1] ?? 'other'
}

/** Finds the last kind named in G-code without parsing each line. `add` takes the next bytes, cut anywhere. */
export function createKindFinder(): (piece: Buffer) => LineKind | undefined {
  let tail = Buffer.alloc(0)
  return piece => {
    // A comment may be cut: its beginning is then at the end of the previous bytes.
    const joint = Buffer.concat([tail, piece.subarray(0, longest)])
    tail = Buffer.from(piece.length < longest ? joint.subarray(-longest) : piece.subarray(-longest))
    return lastKindIn(piece) ?? lastKindIn(joint)
  }
}

function lastKindIn(bytes: Buffer): LineKind | undefined {
  const at = bytes.lastIndexOf(mark)
  if (at === -1) return undefined
  const end = bytes.indexOf(newline, at)
  return readKind(bytes.toString('latin1', at, end === -1 ? bytes.length : end))
}
