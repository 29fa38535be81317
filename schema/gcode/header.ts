/** What the first and the last frame say, as JSON: what this container is, and what all of it amounts to. */
import { z } from 'zod'
import { type GcodeTotals, gcodeTotals } from '../http/slice.ts'
import { corrupt, type Frame } from './frame.ts'

export const defaultFrameSize = 256 * 1024
/** Bounds what a reader has to hold in memory for a header that it believes. */
export const maxFrameSize = 1024 * 1024
/** The most that the JSON of frame 0 and of the totals may take. */
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

// As messages carry them, but strict: a field more would be another version of the format.
const totalsJson = gcodeTotals.strict()

/** Frame 0, with the container id that every frame carries (hexadecimal, so that the whole can be stored as JSON). */
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
  try {
    return schema.parse(JSON.parse(frame.data.toString('utf8')))
  } catch (cause) {
    throw corrupt(frame.index, 'does not say what it should', cause)
  }
}
