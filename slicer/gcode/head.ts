/**
 * Follows the head through G-code: G0, G1, G28, G90 to G92, M82, M83, as Klipper's gcode_move does, and arcs. An axis is
 * unknown until a move names it, since its position after homing or a macro is not known.
 */
import { isArc, linesOfArc } from './arc.ts'
import type { GcodeCommand } from './command.ts'
import { BadMove, numberOf } from './number.ts'
import type { Move } from './plain-move.ts'

type Axis = keyof Move
const axes = { x: 'X', y: 'Y', z: 'Z', e: 'E' } as const
const axisNames = Object.keys(axes) as Axis[]

/** Returns the fault of a position of the head, as the end of a sentence, or undefined. NaN: an unknown coordinate. */
export type PositionFault = (x: number, y: number, z: number) => string | undefined

export interface Head {
  /** The head's position, NaN where unknown; `e` is the extruded length. */
  readonly position: Readonly<Move>
  /** The origin set by G92. */
  readonly origin: Readonly<Move>
  isRelative: boolean
  isExtruderRelative: boolean
  /** Runs one command. Returns true when it lays down plastic. Throws BadMove. */
  run: (command: GcodeCommand) => boolean
  /** The same for a straight move. */
  go: (move: Move) => boolean
  /** The straight moves that replace an arc from here. Throws BadMove. */
  arc: (command: GcodeCommand) => Move[]
}

export function createHead(faultOf: PositionFault, start: Partial<Move> = {}): Head {
  const position: Move = { x: Number.NaN, y: Number.NaN, z: Number.NaN, e: 0, ...start }
  const origin: Move = { x: 0, y: 0, z: 0, e: 0 }
  const head: Head = { position, origin, isRelative: false, isExtruderRelative: false, run, go, arc }

  function run(command: GcodeCommand): boolean {
    if (isArc(command.name)) return arc(command).reduce((isLaying, move) => go(move) || isLaying, false)
    switch (command.name) {
      case 'G0':
      case 'G1':
        return go(readMove(command))
      case 'G28':
        home(command)
        break
      case 'G90':
        head.isRelative = false
        break
      case 'G91':
        head.isRelative = true
        break
      case 'G92':
        setOrigin(command)
        break
      case 'M82':
        head.isExtruderRelative = false
        break
      case 'M83':
        head.isExtruderRelative = true
        break
    }
    return false
  }

  function go(move: Move): boolean {
    const { isRelative } = head
    const extruded = position.e
    const hasXY = !Number.isNaN(move.x) || !Number.isNaN(move.y)
    if (!Number.isNaN(move.x)) position.x = (isRelative ? position.x : origin.x) + move.x
    if (!Number.isNaN(move.y)) position.y = (isRelative ? position.y : origin.y) + move.y
    if (!Number.isNaN(move.z)) position.z = (isRelative ? position.z : origin.z) + move.z
    if (!Number.isNaN(move.e)) {
      position.e = (isRelative || head.isExtruderRelative ? position.e : origin.e) + move.e
    }
    if (hasXY || !Number.isNaN(move.z)) {
      const fault = faultOf(position.x, position.y, position.z)
      if (fault) throw new BadMove(fault)
    }
    return hasXY && position.e > extruded
  }

  function arc(command: GcodeCommand): Move[] {
    if (head.isRelative) throw new BadMove('is an arc by relative coordinates (G91), which Klipper does not know')
    const { isExtruderRelative } = head
    const { x, y, z, e } = position
    return linesOfArc(command, {
      x: x - origin.x,
      y: y - origin.y,
      z: z - origin.z,
      e: e - origin.e,
      isExtruderRelative,
    })
  }

  function home({ params }: GcodeCommand): void {
    const all = ['x', 'y', 'z'] as const
    const named = all.filter(axis => params.has(axes[axis]))
    for (const axis of named.length > 0 ? named : all) {
      position[axis] = Number.NaN
      origin[axis] = 0
    }
  }

  function setOrigin(command: GcodeCommand): void {
    const isBare = axisNames.every(axis => !command.params.has(axes[axis]))
    for (const axis of axisNames) {
      const value = isBare ? 0 : numberOf(command, axes[axis])
      // An unknown position plus an offset is still unknown: NaN.
      if (value !== undefined) origin[axis] = position[axis] - value
    }
  }

  return head
}

function readMove(command: GcodeCommand): Move {
  const read = (axis: Axis) => numberOf(command, axes[axis]) ?? Number.NaN
  return { x: read('x'), y: read('y'), z: read('z'), e: read('e') }
}
