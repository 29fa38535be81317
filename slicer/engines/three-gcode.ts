/**
 * Puts our own beginning and end around the kernel's layers, and the number of each layer before it. The kernel heats to its full temperature before the start
 * G-code runs, with the head wherever it is, and turns the heaters off before the end G-code.
 */
import type { ThreeRequest } from './protocol.ts'

const layerMark = '; LAYER '
const endMark = '; end\n'
const heatersOff = 'M104 S0\nM140 S0\nM107\n'
const setsHeaters = /^\s*(M104|M109|M140|M190|TURN_OFF_HEATERS)\b/im

export interface GcodeWriter {
  /** Takes what the kernel gives for one layer; its first comes with a preamble, its last is an epilogue. */
  add: (gcode: string) => void
  end: () => void
}

export function gcodeWriter(request: ThreeRequest, write: (text: string) => void): GcodeWriter {
  let layers = 0
  let isEnded = false
  return {
    add: gcode => {
      if (gcode.startsWith(endMark)) {
        isEnded = true
        return
      }
      if (layers === 0) write(request.start_gcode)
      if (layers === 1) write(request.after_first_layer_gcode)
      // Counted from 1. The interfaces show it, "pause at layer" waits for it, and a failed print is reported with it.
      write(`SET_PRINT_STATS_INFO CURRENT_LAYER=${layers + 1}\n`)
      write(layers === 0 ? gcode.slice(firstLayerAt(gcode)) : gcode)
      layers++
    },
    end: () => {
      if (!isEnded) throw new Error('the kernel gave no end of the G-code')
      write(request.end_gcode)
      if (!setsHeaters.test(request.end_gcode)) write(heatersOff)
    },
  }
}

function firstLayerAt(gcode: string): number {
  const at = gcode.indexOf(layerMark)
  if (at === -1) throw new Error('the kernel gave no first layer')
  return at
}
