/**
 * The pipes between the slicer and its child processes, both ends. No data passes through a file:
 *
 *     stdin   u32 big-endian length | JSON request | bytes to the end
 *     stdout  the child's output
 *     fd 3    JSON lines: reports
 *
 * A child reads and writes with blocking calls, so that it waits whenever the slicer does. Bundled into the children, so this
 * file imports only Node's modules.
 */
import { readSync, writeSync } from 'node:fs'
import type { z } from 'zod'

const outputFd = 1
const inputFd = 0
const reportFd = 3
const lengthSize = 4

/** The slicer's side: a request as the first bytes of the child's stdin. */
export function encodeRequest(request: object): Buffer {
  const json = Buffer.from(JSON.stringify(request))
  const length = Buffer.alloc(lengthSize)
  length.writeUInt32BE(json.length)
  return Buffer.concat([length, json])
}

/** The slicer's side: validates a report, as the child may be compromised by its input. Undefined when it does not match. */
export function parseReport<T extends z.ZodType>(schema: T, line: string): z.infer<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/** The child's side: the request's JSON. Throws when it is cut off. */
export function readRequest(): unknown {
  return JSON.parse(readInput(readInput(lengthSize).readUInt32BE()).toString('utf8'))
}

/** The child's side: the next bytes of stdin. Throws when there are fewer. */
export function readInput(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  for (let filled = 0; filled < size; ) {
    const count = readSync(inputFd, buffer, filled, size - filled, null)
    if (count === 0) throw new Error('the request was cut off')
    filled += count
  }
  return buffer
}

/** The child's side: writes to stdout. */
export function writeOutput(bytes: Buffer): void {
  writeAll(outputFd, bytes)
}

/** The child's side: sends a report. */
export function sendReport(report: object): void {
  writeAll(reportFd, Buffer.from(`${JSON.stringify(report)}\n`))
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
}
