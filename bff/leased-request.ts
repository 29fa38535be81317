export interface KeyName {
  userId: string
  route: string
  key: string
}

/** A request with an Idempotency-Key that this process has leased. */
export interface LeasedRequest extends KeyName {
  operation: string
  attempt: number
}
