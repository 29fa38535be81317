/** An answer over HTTP, as far as its readers need it. The Response of `fetch` is one, too. */
export interface HttpAnswer {
  status: number
  /** Whether the status is 2xx. */
  ok: boolean
  /** By a name in lower case. */
  headers: { get: (name: string) => string | null }
  body: AsyncIterable<Uint8Array> | null
}
