import { readLayerMark } from '../engines/layer-mark.ts'
import type { Framing } from '../profiles/framing.ts'

const markStart = Buffer.from(';LMNT_LAYER ')
const newline = 0x0a
const heatersOff = 'M104 S0\nM140 S0\nM107\n'
const setsHeaters = /^\s*(M104|M109|M140|M190|TURN_OFF_HEATERS)\b/im

/** Puts the profile's G-code around an engine's body, and the number of each layer before it. */
export async function* frameBody(body: AsyncIterable<Buffer>, framing: Framing): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const end = text.lastIndexOf(newline) + 1
    rest = text.subarray(end)
    yield* withMarks(text.subarray(0, end), framing)
  }
  yield* withMarks(rest, framing)
  yield Buffer.from(setsHeaters.test(framing.end) ? framing.end : framing.end + heatersOff)
}

function* withMarks(lines: Buffer, framing: Framing): Generator<Buffer> {
  let from = 0
  for (let at = lines.indexOf(markStart); at !== -1; at = lines.indexOf(markStart, from)) {
    const end = lines.indexOf(newline, at)
    const mark = readLayerMark(lines.toString('latin1', at, end))
    yield lines.subarray(from, at)
    if (mark) {
      const before = mark.n === 0 ? framing.start : mark.n === 1 ? framing.afterFirstLayer : ''
      // Counted from 1. The interfaces show it, "pause at layer" waits for it, and a failed print is reported with it.
      yield Buffer.from(
        `${before}SET_PRINT_STATS_INFO CURRENT_LAYER=${mark.n + 1}\n; LAYER ${mark.n} Z${mark.z.toFixed(3)}\n`,
      )
    }
    from = end + 1
  }
  yield lines.subarray(from)
}
