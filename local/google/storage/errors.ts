/** A refusal in Cloud Storage's own form: HTTP status, reason and a sentence. */
export class StorageError extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.name = 'StorageError'
    this.status = status
    this.reason = reason
  }

  toJSON(): object {
    const { status: code, message, reason } = this
    return { error: { code, message, errors: [{ message, domain: 'global', reason }] } }
  }
}

export const badRequest = (message: string) => new StorageError(400, 'invalid', message)
export const busy = () => new StorageError(503, 'backendError', 'We encountered an internal error. Please try again.')
export const noSuchBucket = () => new StorageError(404, 'notFound', 'The specified bucket does not exist.')
export const noSuchObject = (bucket: string, name: string) =>
  new StorageError(404, 'notFound', `No such object: ${bucket}/${name}`)
export const preconditionFailed = () =>
  new StorageError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
