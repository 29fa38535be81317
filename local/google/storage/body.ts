import { open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type Faults, strikes } from '../faults.ts'
import { badRequest } from './errors.ts'

const jsonLimitBytes = 64 * 1024

/**
 * The pieces of a request's body. Leaving it early does not cut the connection, so that a refusal still arrives.
 */
export function piecesOf(request: IncomingMessage): AsyncIterableIterator<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
}

/** A JSON body; {} when there is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of piecesOf(request)) {
    size += piece.length
    if (size > jsonLimitBytes) throw badRequest('The request is too large.')
    pieces.push(piece)
  }
  return parseJson(Buffer.concat(pieces).toString())
}

export function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('Parse Error')
  }
}

/**
 * Appends pieces to a file, one after the other: when the connection breaks, the file has all earlier pieces and no write is
 * open. Errors: those of the source.
 */
export async function appendBody(path: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    for await (const piece of pieces) await file.appendFile(piece)
  } finally {
    await file.close()
  }
}

/** A session keeps a multiple of this of an interrupted body, and every chunk except the last is a multiple of it. */
export const chunkUnitBytes = 256 * 1024

/** The body of an upload, unless the fault strikes: then the connection is cut after its first pieces. */
export async function* uploadPieces(request: IncomingMessage, faults: Faults): AsyncGenerator<Buffer> {
  let pieces = 0
  for await (const piece of piecesOf(request)) {
    yield piece
    pieces += 1
    if (pieces === 2 && strikes(faults, 'uploadsToCut')) {
      request.destroy()
      throw new Error('The connection was cut, as the faults say.')
    }
  }
}
