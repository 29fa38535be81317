/** Takes exact numbers of bytes from a stream that comes in chunks of any size. */
export class ByteReader {
  /** Bytes taken so far. */
  position = 0
  readonly #source: AsyncIterator<Uint8Array>
  readonly #chunks: Buffer[] = []
  #waiting = 0
  #isEnded = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Gives the next `size` bytes; fewer only where the stream ends. */
  async take(size: number): Promise<Buffer> {
    while (this.#waiting < size && !this.#isEnded) await this.#pull()
    const taken = this.#shift(Math.min(size, this.#waiting))
    this.position += taken.length
    this.#waiting -= taken.length
    return taken
  }

  /** Lets the source go (a file, a download) when the reader stops before its end. */
  async close(): Promise<void> {
    if (!this.#isEnded) await this.#source.return?.()
  }

  async #pull(): Promise<void> {
    const next = await this.#source.next()
    if (next.done) {
      this.#isEnded = true
      return
    }
    const { buffer, byteOffset, byteLength } = next.value
    this.#chunks.push(Buffer.from(buffer, byteOffset, byteLength))
    this.#waiting += byteLength
  }

  #shift(size: number): Buffer {
    const taken: Buffer[] = []
    for (let missing = size; missing > 0; ) {
      const chunk = this.#chunks[0] as Buffer
      const part = chunk.subarray(0, missing)
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
      taken.push(part)
      missing -= part.length
    }
    return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken)
  }
}
