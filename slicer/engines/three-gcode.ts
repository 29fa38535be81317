/**
 * Makes the body (see engine.ts) of what the kernel writes: its preamble, which heats, and its epilogue, which cools down,
 * are left out, and each layer begins with our mark instead of the kernel's.
 */
import { layerMark } from './layer-mark.ts'

/** A layer of the model, or one of the raft below it: "; LAYER 0 Z0.800", "; raft 1 Z0.500". */
const kernelMark = /^; (?:LAYER|raft) \d+ Z([\d.]+).*\n/m
const endMark = '; end\n'

export interface BodyWriter {
  /** Takes what the kernel gives for one layer; its first comes with a preamble, its last is an epilogue. */
  add: (gcode: string) => void
  /** Ends the body and returns the number of its layers. Throws when the kernel did not come to its end. */
  end: () => number
}

export function bodyWriter(write: (text: string) => void): BodyWriter {
  let layers = 0
  let below = 0
  let isEnded = false
  return {
    add: gcode => {
      if (gcode.startsWith(endMark)) {
        isEnded = true
        return
      }
      const mark = kernelMark.exec(gcode)
      if (!mark) throw new Error('the kernel gave a layer without its height')
      const z = Number(mark[1])
      write(layerMark({ n: layers, z, height: z - below }) + gcode.slice(mark.index + mark[0].length))
      below = z
      layers++
    },
    end: () => {
      if (!isEnded) throw new Error('the kernel gave no end of the G-code')
      return layers
    },
  }
}
