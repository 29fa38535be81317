/**
 * Follows the head through G-code: G0 to G3, G28, G90 to G92, M82, M83, as Klipper's gcode_move does. An axis is unknown
 * until a move names it, since nobody knows where homing or a macro left it.
 */

import type { GcodeCommand } from '../gcode/command.ts'
import { type Bed, isBelowCeiling, isOnBed } from '../profiles/bed.ts'
import { arcExtremes, type XY } from './arc.ts'
import type { Move } from './plain-move.ts'

type Axis = keyof Move
const axes = { x: 'X', y: 'Y', z: 'Z', e: 'E' } as const
const axisNames = Object.keys(axes) as Axis[]

/** The fault of a command, as the end of a sentence that begins with "line 5". */
export class BadMove extends Error {}

export interface Head {
  /** Runs one command. Returns true when it lays down plastic. Throws BadMove. */
  run: (command: GcodeCommand) => boolean
  /** The same for a straight move. */
  go: (move: Move) => boolean
}

export function createHead(bed: Bed): Head {
  const position: Move = { x: Number.NaN, y: Number.NaN, z: Number.NaN, e: 0 }
  // What G92 moved the origin by.
  const origin: Move = { x: 0, y: 0, z: 0, e: 0 }
  const middle = { x: (bed.min.x + bed.max.x) / 2, y: (bed.min.y + bed.max.y) / 2 }
  let isRelative = false
  let isExtruderRelative = false

  function run(command: GcodeCommand): boolean {
    switch (command.name) {
      case 'G0':
      case 'G1':
        return go(readMove(command))
      case 'G2':
      case 'G3':
        return turn(command)
      case 'G28':
        home(command)
        break
      case 'G90':
        isRelative = false
        break
      case 'G91':
        isRelative = true
        break
      case 'G92':
        setOrigin(command)
        break
      case 'M82':
        isExtruderRelative = false
        break
      case 'M83':
        isExtruderRelative = true
        break
    }
    return false
  }

  function go(move: Move): boolean {
    const extruded = position.e
    const hasXY = !Number.isNaN(move.x) || !Number.isNaN(move.y)
    if (!Number.isNaN(move.x)) position.x = (isRelative ? position.x : origin.x) + move.x
    if (!Number.isNaN(move.y)) position.y = (isRelative ? position.y : origin.y) + move.y
    if (!Number.isNaN(move.z)) position.z = (isRelative ? position.z : origin.z) + move.z
    if (!Number.isNaN(move.e)) position.e = (isRelative || isExtruderRelative ? position.e : origin.e) + move.e
    if (hasXY) checkOnBed(position)
    if (!Number.isNaN(position.z) && !isBelowCeiling(bed, position.z)) {
      throw new BadMove(`moves to Z ${round(position.z)}, but the printer has 0 to ${bed.heightMm}`)
    }
    const isLaying = hasXY && position.e > extruded
    if (isLaying && Number.isNaN(position.x + position.y + position.z)) {
      throw new BadMove('extrudes before X, Y and Z are known')
    }
    return isLaying
  }

  /** An arc: the move to its end, and a check of its outermost points. */
  function turn(command: GcodeCommand): boolean {
    const start = { x: position.x, y: position.y }
    if (isRelative || Number.isNaN(start.x + start.y)) throw new BadMove('is an arc from an unknown place')
    const isLaying = go(readMove(command))
    const centre = {
      x: start.x + (readNumber(command, 'I') ?? 0),
      y: start.y + (readNumber(command, 'J') ?? 0),
    }
    for (const point of arcExtremes(start, position, centre, command.name === 'G2')) checkOnBed(point)
    return isLaying
  }

  /** While only one axis is known, the other is assumed to be at the middle of the bed. */
  function checkOnBed({ x, y }: XY): void {
    if (isOnBed(bed, Number.isNaN(x) ? middle.x : x, Number.isNaN(y) ? middle.y : y)) return
    throw new BadMove(`moves to X ${round(x)} Y ${round(y)}, which is outside of the bed`)
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
      const value = isBare ? 0 : readNumber(command, axes[axis])
      // Where the place itself is unknown, so is the next absolute move's: it stays NaN.
      if (value !== undefined) origin[axis] = position[axis] - value
    }
  }

  return { run, go }
}

function readMove(command: GcodeCommand): Move {
  const read = (axis: Axis) => readNumber(command, axes[axis]) ?? Number.NaN
  return { x: read('x'), y: read('y'), z: read('z'), e: read('e') }
}

function readNumber({ params }: GcodeCommand, key: string): number | undefined {
  const text = params.get(key)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new BadMove(`has "${key}${text}" where a number should be`)
  return value
}

function round(value: number): string {
  return Number.isNaN(value) ? '?' : String(Number(value.toFixed(3)))
}
