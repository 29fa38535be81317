import { canary, gcodeOf, type MadeGcode } from '../edge/gcode.ts'

/** G-code with this many short moves: Klippy plans over ten thousand of them per second. */
export function shortMoves(moves: number, more: string[] = []): MadeGcode {
  const layers = 5
  const lines = ['G28', 'G90', 'M83', `; ${canary}`, `SET_PRINT_STATS_INFO TOTAL_LAYER=${layers}`]
  for (let move = 0; move < moves; move++) {
    if (move % Math.ceil(moves / layers) === 0) lines.push(';LAYER_CHANGE', layerLine(move, moves, layers))
    lines.push(`G1 X${(100 + (move % 97) / 10).toFixed(3)} Y${(57 + (move % 89) / 10).toFixed(4)} E0.01 F6000`)
  }
  return gcodeOf([...lines, ...more, 'TURN_OFF_HEATERS', 'M84'], layers)
}

function layerLine(move: number, moves: number, layers: number): string {
  return `SET_PRINT_STATS_INFO CURRENT_LAYER=${Math.floor((move * layers) / moves) + 1}`
}

/** The offset of a fraction (0 to 1) of the G-code. */
export function byteAt(gcode: MadeGcode, part: number): number {
  return Math.floor(Buffer.byteLength(gcode.text) * part)
}
