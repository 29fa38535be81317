/** Follows the head through a layer and reports each extruded line. The layer's moves have been checked before. */
import { createLineCutter } from '../assemble/line-cutter.ts'
import { isArc } from '../gcode/arc.ts'
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { createHead } from '../gcode/head.ts'
import { BadMove } from '../gcode/number.ts'
import { type Move, readPlainMove } from '../gcode/plain-move.ts'
import { type LineKind, readKind } from './line-kind.ts'

interface Point {
  x: number
  y: number
}

interface LayerDrawing {
  /** The head's position at the start of the layer; unknown before the first. */
  start: Partial<Move>
  /** The kind of line at the end of the previous layer: engines name a kind only where it changes. */
  kind: LineKind
  /** Called with each line; the points are valid until it returns. */
  line: (from: Point, to: Point, kind: LineKind) => void
}

const newline = 0x0a
const semicolon = 0x3b

/** `add` takes the next bytes, cut anywhere; `end` returns the kind of line at the end of the layer. */
export function drawLayer({ start, kind, line }: LayerDrawing): { add: (piece: Buffer) => void; end: () => LineKind } {
  const cutter = createLineCutter()
  const head = createHead(() => undefined, start)
  head.isExtruderRelative = true
  const move: Move = { x: 0, y: 0, z: 0, e: 0 }
  const before: Point = { x: 0, y: 0 }

  function go(to: Move): void {
    before.x = head.position.x
    before.y = head.position.y
    if (head.go(to) && !Number.isNaN(before.x + before.y + head.position.x + head.position.y)) {
      line(before, head.position, kind)
    }
  }

  function readLine(bytes: Buffer, from: number, to: number): void {
    if (readPlainMove(bytes, from, to, move)) {
      go(move)
      return
    }
    const text = bytes.toString('latin1', from, to)
    if (bytes[from] === semicolon) {
      kind = readKind(text) ?? kind
      return
    }
    const command = parseCommand(text)
    if (!command) return
    if (isArc(command.name)) for (const along of linesOf(command)) go(along)
    else head.run(command)
  }

  /** None for an arc that cannot be followed: an origin that an earlier layer has moved is not known here. */
  function linesOf(command: GcodeCommand): Move[] {
    try {
      return head.arc(command)
    } catch (error) {
      if (error instanceof BadMove) return []
      throw error
    }
  }

  function read(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      const to = bytes.indexOf(newline, from)
      readLine(bytes, from, to)
      from = to + 1
    }
  }

  return {
    add: piece => read(cutter.add(piece)),
    end: () => {
      read(cutter.end())
      return kind
    },
  }
}
