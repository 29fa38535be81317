/** The JSON of the first frame (the header) and of the last (the totals). */
import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { type GcodeTotals, gcodeTotals } from '../http/slice.ts'
import { corrupt, type Frame } from './frame.ts'

export const defaultFrameSize = 256 * 1024
/** Limits the memory that a header can make a reader allocate. */
export const maxFrameSize = 1024 * 1024
/** The largest JSON of frame 0 and of the totals. */
export const maxJsonSize = 1024

export const compressions = ['deflate-raw', 'none'] as const
export type Compression = (typeof compressions)[number]

const headerJson = z.strictObject({
  purchase_id: z.string().min(1).max(50),
  preparation_id: z.string().min(1).max(50),
  /** Bytes of G-code in each frame but the last. */
  frame_size: z.int().min(1).max(maxFrameSize),
  compression: z.enum(compressions),
})

// The fields of messages, but strict: an additional field would be another version of the format.
const totalsJson = gcodeTotals.strict()

/** Frame 0, with the container id of every frame, in hexadecimal, so that it can be stored as JSON. */
export type ContainerHeader = z.infer<typeof headerJson> & { container_id: string }

export function encodeHeader(header: ContainerHeader): Buffer {
  return Buffer.from(JSON.stringify(headerJson.strip().parse(header)))
}

/** Errors: gcode_corrupt. */
export function decodeHeader(frame: Frame): ContainerHeader {
  if (frame.isLast) throw corrupt(frame.index, 'ends the container before it began')
  return { ...parse(frame, headerJson), container_id: frame.containerId.toString('hex') }
}

export function encodeTotals(totals: GcodeTotals): Buffer {
  return Buffer.from(JSON.stringify(totalsJson.parse(totals)))
}

/** Errors: gcode_corrupt. */
export function decodeTotals(frame: Frame): GcodeTotals {
  return parse(frame, totalsJson)
}

function parse<T extends z.ZodType>(frame: Frame, schema: T): z.infer<T> {
  if (frame.data.length > maxJsonSize) throw corrupt(frame.index, 'says more than it may')
  if (!isUtf8(frame.data)) throw corrupt(frame.index, 'is not UTF-8 text')
  const text = frame.data.toString('utf8')
  let values: z.infer<T>
  try {
    values = schema.parse(JSON.parse(text))
  } catch (cause) {
    throw corrupt(frame.index, 'does not say what it should', cause)
  }
  checkNotation(frame, text)
  return values
}

/** A member of a flat JSON object: its name and, unless it is a string, its value as written. */
const member = /("(?:[^"\\]|\\.)*")\s*(?::\s*([^\s",}]*)|[,}])/g
const wholeNumbers = ['frame_size', 'bytes', 'lines', 'layers']

/**
 * JSON.parse keeps the last of two members with one name, where other parsers keep the first, and reads 1e3 as 1000: two readers
 * could see different containers. `text` is an object of strings and numbers.
 */
function checkNotation(frame: Frame, text: string): void {
  const names = new Set<string>()
  for (const [, quoted = '', value] of text.matchAll(member)) {
    if (value === undefined) continue
    const name: string = JSON.parse(quoted)
    if (names.has(name)) throw corrupt(frame.index, `says ${name} twice`)
    names.add(name)
    if (wholeNumbers.includes(name) && !/^\d+$/.test(value))
      throw corrupt(frame.index, `writes ${name} not in digits alone`)
  }
}
