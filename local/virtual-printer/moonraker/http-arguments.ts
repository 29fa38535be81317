import type { IncomingMessage } from 'node:http'
import { RpcError } from './connection.ts'

const largestBody = 1024 * 1024
/** Moonraker keeps these for itself. */
const excluded = ['_', 'token', 'access_token', 'connection_id']

export interface HttpArguments {
  args: Record<string, unknown>
  /** The names in the request, with repetitions. */
  names: string[]
}

/**
 * The arguments of a plain HTTP request as Moonraker reads them: of the address and of a form, where `name:int=5` is a number and
 * a type that it does not know is passed over (`token:str=` passes a string that `token=` does not); JSON counts more.
 */
export async function readHttpArguments(request: IncomingMessage): Promise<HttpArguments> {
  const body = await readBody(request)
  const type = request.headers['content-type'] ?? ''
  const form = type.startsWith('application/x-www-form-urlencoded') ? body : ''
  const pairs = [...new URL(request.url ?? '/', 'http://printer').searchParams, ...new URLSearchParams(form)]
  const json = type.startsWith('application/json') ? parseObject(body) : {}
  const args: Record<string, unknown> = {}
  for (const [name, value] of pairs) {
    if (excluded.includes(name)) continue
    const [, key = name, hint] = /^(.*):([^:]*)$/.exec(name) ?? []
    args[key] = hint === undefined ? value : converted(value, hint)
  }
  return { args: { ...args, ...json }, names: [...pairs.map(([name]) => name), ...Object.keys(json)] }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > largestBody) throw new RpcError(413, 'Request Entity Too Large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function converted(value: string, hint: string): unknown {
  if (hint === 'int') return Number.parseInt(value, 10)
  if (hint === 'float') return Number.parseFloat(value)
  if (hint === 'bool') return value.toLowerCase() === 'true'
  return hint === 'json' ? (parse(value) ?? value) : value
}

function parseObject(text: string): object {
  const parsed = parse(text)
  return typeof parsed === 'object' && parsed !== null ? parsed : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
