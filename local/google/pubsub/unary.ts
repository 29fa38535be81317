import { type MethodDefinition, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { PubsubError } from './status.ts'

/** Makes a gRPC handler from a function of the request, typed by the method's definition. */
export function unary<Request, Response>(
  _method: MethodDefinition<Request, Response>,
  answer: (request: Request) => Promise<Response>,
) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    answer(call.request).then(
      response => callback(null, response),
      (error: unknown) => callback(toStatus(error)),
    )
  }
}

export function toStatus(error: unknown): { code: status; details: string } {
  if (error instanceof PubsubError) return { code: error.code, details: error.message }
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) }
}
