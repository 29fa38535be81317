import { gcodeOf, type MadeGcode } from '../../test/make/edge/gcode.ts'

/** Lines that Klippy parses and runs without moving anything. */
export function emptyMoves(lines: number): MadeGcode {
  const line = (number: number) => `G1 F${6000 + (number % 97)} ; ${String(number % 100_000).padStart(5, '0')}`
  return gcodeOf(Array.from({ length: lines }, (_, number) => line(number)))
}

/** Short moves with extrusion, after homing. */
export function realMoves(moves: number): MadeGcode {
  const line = (move: number) =>
    `G1 X${(100 + (move % 97) / 10).toFixed(3)} Y${(57 + (move % 89) / 10).toFixed(3)} E0.01`
  const lines = Array.from({ length: moves }, (_, move) => line(move))
  return gcodeOf(['G28', 'G90', 'M83', 'G1 F6000', ...lines, 'M84'])
}
