import { layerMark } from '../layer-mark.ts'

/** Stands in the output in place of the end G-code; only the slicer's comments follow it. */
export const endMark = ';LMNT_END'

const change = Buffer.from('\n;LAYER_CHANGE\n')
const end = Buffer.from(`\n${endMark}`)
const heights = /^\n;LAYER_CHANGE\n;Z:([\d.]+)\n;HEIGHT:([\d.]+)\n/
/** In bytes; longer than the three lines at the start of a layer. */
const headLength = 80
const maxTail = 2 ** 20

export interface BodyFilter {
  /** Adds a chunk of G-code, cut anywhere. */
  add: (chunk: Buffer) => Promise<void>
  /** `tail`: the slicer's comments after the last layer, or undefined when its output ended before. */
  end: () => { layers: number; tail: string | undefined }
}

/**
 * Makes a toolpath body from the output of PrusaSlicer and OrcaSlicer: drops everything before the first layer and after the
 * last, and replaces the slicer's ";LAYER_CHANGE", ";Z:" and ";HEIGHT:" by our mark at the start of each layer.
 */
export function bodyFilter(write: (chunk: Buffer) => Promise<void>): BodyFilter {
  let rest = Buffer.from('\n')
  let layers = 0
  let tail: string | undefined

  async function pass(bytes: Buffer): Promise<void> {
    if (layers > 0 && bytes.length > 0) await write(bytes)
  }

  /** Processes the complete part of `rest`. `isLast`: nothing follows. */
  async function work(isLast: boolean): Promise<void> {
    for (;;) {
      const at = rest.indexOf(change)
      const endAt = rest.indexOf(end)
      if (endAt !== -1 && (at === -1 || endAt < at)) {
        await pass(rest.subarray(0, endAt + 1))
        tail = rest.toString('utf8', endAt + 1)
        return
      }
      if (at === -1) {
        // The end may be the beginning of a mark.
        const keep = isLast ? 0 : Math.min(rest.length, headLength)
        await pass(rest.subarray(0, rest.length - keep))
        rest = rest.subarray(rest.length - keep)
        return
      }
      if (rest.length < at + headLength && !isLast) return
      const head = heights.exec(rest.toString('latin1', at, at + headLength))
      if (!head) throw new Error('the slicer wrote a layer without its height')
      await pass(rest.subarray(0, at + 1))
      // Without its newline, which stays in `rest`: the next mark may be the next line.
      await write(Buffer.from(layerMark({ n: layers, z: Number(head[1]), height: Number(head[2]) }).trimEnd()))
      layers++
      rest = rest.subarray(at + head[0].length - 1)
    }
  }

  return {
    add: async chunk => {
      if (tail !== undefined) {
        tail = (tail + chunk.toString('utf8')).slice(-maxTail)
        return
      }
      rest = Buffer.concat([rest, chunk])
      await work(false)
    },
    end: () => ({ layers, tail }),
  }
}
