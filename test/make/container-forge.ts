/** Seals containers for the tests: well-formed ones with fixed randomness, and, with the right key, ones that break a rule. */
import { buffer } from 'node:stream/consumers'
import { type Frame, lengthSize, magic, sealFrame } from '../../schema/gcode/frame.ts'
import type { Compression } from '../../schema/gcode/header.ts'
import { readContainer } from '../../schema/gcode/reader.ts'
import { type SealGcodeOptions, sealGcode } from '../../schema/gcode/writer.ts'
import { isAppError } from '../../schema/http/errors.ts'
import type { GcodeTotals } from '../../schema/http/slice.ts'

export const dek = Buffer.from(Array.from({ length: 32 }, (_, at) => at))
export const containerId = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
export const now = Date.UTC(2025, 0, 1)

/** The nth call gives bytes of the value n, from 0: with a container id given, frame i has the iv i, i, i, ... */
export function countingBytes(): (length: number) => Buffer {
  let calls = 0
  return length => Buffer.alloc(length, calls++ & 0xff)
}

export function sealOptions(changes: Partial<SealGcodeOptions> = {}): SealGcodeOptions {
  return {
    dek,
    containerId,
    purchaseId: 'purch_0123456789abcdefghjkmnpqrs',
    preparationId: 'prep_0123456789abcdefghjkmnpqrs',
    randomBytes: countingBytes(),
    clock: () => now,
    estimates: () => ({ layers: 3, estimated_time_s: 61.5, filament_mm: 1203.25 }),
    compression: 'none',
    frameSize: 64,
    ...changes,
  }
}

export async function seal(gcode: string | Buffer, changes: Partial<SealGcodeOptions> = {}): Promise<Buffer> {
  return buffer(sealGcode(chunks(Buffer.from(gcode)), sealOptions(changes)))
}

/** Cuts bytes into chunks of these sizes, again and again; in one chunk unless given. */
export async function* chunks(bytes: Buffer, sizes: number[] = [bytes.length || 1]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number
    yield bytes.subarray(at, at + size)
    at += size
  }
}

export interface Reading {
  /** The G-code that was given out, before the end or the refusal. */
  released: Buffer
  totals: GcodeTotals | undefined
  /** The refusal's message; undefined when all was well. Any other error is thrown. */
  refusal: string | undefined
}

export async function read(source: AsyncIterable<Uint8Array>, key = dek): Promise<Reading> {
  const pieces: Buffer[] = []
  let totals: GcodeTotals | undefined
  let refusal: string | undefined
  try {
    for await (const part of readContainer(source, { dek: key })) {
      if (part.kind === 'piece') pieces.push(part.data)
      if (part.kind === 'totals') totals = part.totals
    }
  } catch (error) {
    if (!isAppError(error, 'gcode_corrupt')) throw error
    refusal = error.message
  }
  return { released: Buffer.concat(pieces), totals, refusal }
}

/** The frames of a well-formed container, each with its length in front. */
export function framesOf(container: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = magic.length; at < container.length; ) {
    const end = at + lengthSize + container.readUInt32BE(at)
    frames.push(container.subarray(at, end))
    at = end
  }
  return frames
}

export function join(...frames: (Buffer | undefined)[]): Buffer {
  return Buffer.concat([magic, ...frames.filter(frame => frame !== undefined)])
}

/** Seals one frame as a writer with the right key, but no respect for the rules, would. */
export function forge(index: number, data: string | Buffer, changes: Partial<Frame> = {}): Buffer {
  const frame = { isLast: false, index, containerId, data: Buffer.from(data), ...changes }
  return sealFrame(frame, dek, { now, iv: Buffer.alloc(16, index) })
}

export function forgeHeader(changes: Record<string, unknown> = {}): Buffer {
  const header = {
    purchase_id: 'purch_0123456789abcdefghjkmnpqrs',
    preparation_id: 'prep_0123456789abcdefghjkmnpqrs',
    frame_size: 64,
    compression: 'none' satisfies Compression,
    ...changes,
  }
  return forge(0, JSON.stringify(header))
}
