/**
 * Makes a toolpath body (see engine.ts) from the kernel's output: drops the preamble, which heats, and the epilogue, which
 * cools down, and replaces the kernel's mark at each layer by ours.
 */
import { layerMark } from '../layer-mark.ts'

/** A layer of the model, or one of the raft below it: "; LAYER 0 Z0.800", "; raft 1 Z0.500". */
const kernelMark = /^; (?:LAYER|raft) \d+ Z([\d.]+).*\n/m
const endMark = '; end\n'

export interface BodyWriter {
  /** Adds the kernel's output for one layer. The first one includes the preamble; after the last one comes the epilogue. */
  add: (gcode: string) => void
  /** Ends the body and returns its number of layers. Throws when the kernel's epilogue has not come. */
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
