export interface KeyName {
  userId: string
  route: string
  key: string
}

/** A request that is ours to do. */
export interface LeasedRequest extends KeyName {
  operation: string
  attempt: number
}
