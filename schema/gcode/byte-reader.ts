/** Reads exact numbers of bytes from a stream of chunks of any size. */
export class ByteReader {
  /** Bytes read so far. */
  position = 0
  readonly #source: AsyncIterator<Uint8Array>
  readonly #chunks: Buffer[] = []
  #buffered = 0
  #isEnded = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Returns the next `size` bytes, or fewer when the stream ends. */
  async read(size: number): Promise<Buffer> {
    while (this.#buffered < size && !this.#isEnded) await this.#pull()
    const bytes = this.#shift(Math.min(size, this.#buffered))
    this.position += bytes.length
    this.#buffered -= bytes.length
    return bytes
  }

  /** Closes the source (a file or a download) when reading stops before its end. */
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
    this.#buffered += byteLength
  }

  #shift(size: number): Buffer {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; ) {
      const chunk = this.#chunks[0] as Buffer
      const part = chunk.subarray(0, missing)
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }
}
