import { status } from '@grpc/grpc-js'

/** A refusal in gRPC's form. */
export class PubsubError extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.name = 'PubsubError'
    this.code = code
  }
}

export const notFound = (name: string) =>
  new PubsubError(status.NOT_FOUND, `Resource not found (resource=${name.split('/').at(-1)}).`)
export const alreadyExists = (name: string) =>
  new PubsubError(status.ALREADY_EXISTS, `Resource already exists in the project (resource=${name.split('/').at(-1)}).`)
export const invalid = (message: string) => new PubsubError(status.INVALID_ARGUMENT, message)
