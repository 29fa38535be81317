import { createHash } from 'node:crypto'

export interface MadeGcode {
  text: string
  lines: number
  layers: number
  sha256: string
}

/** A word in a comment of all generated G-code, which must be found nowhere else. */
export const canary = 'CANARY-7f3a91'

/** Deterministic G-code like a slicer's, with this many moves and layers, and the canary. */
export function makeGcode(moves: number, layers = 5): MadeGcode {
  const lines = ['G28', 'M83', 'M104 S200', `; ${canary}`, `SET_PRINT_STATS_INFO TOTAL_LAYER=${layers}`]
  const perLayer = Math.ceil(moves / layers)
  for (let move = 0; move < moves; move++) {
    if (move % perLayer === 0) {
      const layer = move / perLayer + 1
      lines.push(';LAYER_CHANGE', `G1 Z${(layer * 0.2).toFixed(1)} F600`, `SET_PRINT_STATS_INFO CURRENT_LAYER=${layer}`)
    }
    lines.push(`G1 X${((move * 7919) % 20000) / 100} Y${((move * 104729) % 20000) / 100} E0.0125`)
  }
  lines.push('TURN_OFF_HEATERS', 'M84')
  return gcodeOf(lines, layers)
}

export function gcodeOf(lines: string[], layers = 0): MadeGcode {
  const text = `${lines.join('\n')}\n`
  return { text, lines: lines.length, layers, sha256: createHash('sha256').update(text).digest('hex') }
}
