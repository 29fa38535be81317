import type { z } from 'zod'

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  body?: unknown
  timeoutMs?: number
  onHeaders?: (headers: Headers) => void
  signal?: AbortSignal
  /** Whose token it goes with, where it is not the printer's own; null: nobody's. */
  token?: string | null
}

/** One JSON call to the marketplace. */
export type Ask = <T extends z.ZodType>(path: string, answer: T, request: Request) => Promise<z.infer<T>>
