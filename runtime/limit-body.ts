import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../schema/http/errors.ts'

/**
 * Refuses a body of more than `maxBytes`. When Content-Length is too large, the body is not read here: Node reads and drops it, so
 * that a client that reads the answer only after sending receives it.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const tooLarge = () => new AppError('payload_too_large', `The request is larger than ${maxBytes} bytes.`)
  const streaming = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw tooLarge()
    },
  })
  return (c, next) => {
    if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge()
    return streaming(c, next)
  }
}
