import type { z } from 'zod'
import type { HttpAnswer } from '../../schema/http/answer.ts'

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  timeoutMs?: number
  onHeaders?: (headers: HttpAnswer['headers']) => void
  signal?: AbortSignal
  /** The token, when it is not the printer's own; null: none. */
  token?: string | null
}

/** One JSON call to the marketplace. */
export type Ask = <T extends z.ZodType>(path: string, answer: T, request: Request) => Promise<z.infer<T>>

interface RawRequest {
  method: 'GET' | 'POST'
  /** The person's token. */
  token: string
  headers?: Record<string, string>
  body?: Buffer
  timeoutMs: number
  /** The largest answer. */
  maxBytes: number
  signal?: AbortSignal
}

/** One call to the marketplace whose question or answer is not JSON: files, pictures. Returns the answer's bytes. */
export type AskRaw = (path: string, request: RawRequest) => Promise<Buffer>
