/** A 3MF file is a zip of XML parts. Only the parts that are read are unpacked, as streams, within limits. */
import { type Entry, fromBufferPromise } from 'yauzl'
import { isAppError } from '../../../schema/http/errors.ts'
import { malformed, unsupported } from '../limits.ts'

export interface Package {
  /** Names of all parts, in lower case, without a slash in front. */
  names: string[]
  /** The part's text, piece by piece. Errors: stl_malformed, model_format_unsupported. */
  read: (name: string) => AsyncGenerator<string>
}

const maxParts = 10_000
/** 1.5 million triangles are some 150 MB of XML. */
const maxUnpackedBytes = 400 * 2 ** 20

/** Errors: stl_malformed. */
export async function openPackage(file: Buffer): Promise<Package> {
  const parts = new Map<string, Entry>()
  const zip = await unlessBroken(async () => {
    const opened = await fromBufferPromise(file, { validateEntrySizes: true })
    if (opened.entryCount > maxParts) throw malformed(`The 3MF file has more than ${maxParts} parts.`)
    for await (const entry of opened.eachEntry()) parts.set(partName(entry.fileName), entry)
    return opened
  })
  let unpacked = 0

  async function* read(name: string): AsyncGenerator<string> {
    const entry = parts.get(partName(name))
    if (!entry) throw malformed(`The 3MF file has no part ${name.slice(0, 100)}.`)
    if (entry.isEncrypted()) throw unsupported('The 3MF file is encrypted: export the model without a password.')
    const stream = await unlessBroken(() => zip.openReadStreamPromise(entry))
    let decoder: ReturnType<typeof decoderOf> | undefined
    try {
      for await (const piece of stream) {
        unpacked += (piece as Buffer).length
        if (unpacked > maxUnpackedBytes) {
          throw malformed(`The 3MF file unpacks to more than ${maxUnpackedBytes / 2 ** 20} MiB.`)
        }
        decoder ??= decoderOf(piece as Buffer)
        yield decoder.decode(piece as Buffer, { stream: true })
      }
    } catch (error) {
      throw isAppError(error) ? error : broken(error)
    }
  }

  return { names: [...parts.keys()], read }
}

/** Parts are UTF-8, or UTF-16 with its mark. An invalid byte becomes U+FFFD, which is never part of a number. */
function decoderOf(beginning: Buffer) {
  const mark = beginning.toString('hex', 0, 2)
  return new TextDecoder(mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8')
}

/** A part's name without the leading slash, in lower case and without percent-encoding, because programs differ in those. */
export function partName(name: string): string {
  const decoded = name.replace(/(?:%[0-9a-f]{2})+/gi, codes => Buffer.from(codes.replaceAll('%', ''), 'hex').toString())
  return decoded.replace(/^\/+/, '').toLowerCase()
}

async function unlessBroken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isAppError(error) ? error : broken(error)
  }
}

function broken(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return Object.assign(malformed(`The 3MF file cannot be unpacked: ${reason.slice(0, 200)}.`), { cause })
}
