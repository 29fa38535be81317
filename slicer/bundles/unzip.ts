/** Reads the presets in a zip, within limits. Unpacks no other entry and writes nothing to a disk. */
import { isUtf8 } from 'node:buffer'
import { type Entry, fromBufferPromise } from 'yauzl'
import { isAppError } from '../../schema/http/errors.ts'
import { profileMaxBytes } from '../../schema/http/profiles.ts'
import { invalidFile, shorten, type TextFile } from './file.ts'

/** Projects have an entry for each object and plate. */
const maxEntries = 10_000
const maxPresets = 500
const maxUnpackedBytes = 8 * 2 ** 20

const project = /^metadata\/project_settings\.config$/i
/** Excludes the files that macOS adds: "__MACOSX/._NAME", and "._NAME" on other file systems. */
const preset = /^(?!(?:.*\/)?__macosx\/)(?:.*\/)?(?!bundle_structure\.json$|\._)[^/]*\.json$/i

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters show that a file is not text.
const control = /[\x00-\x08\x0e-\x1f\ufffd]/

/** True for a zip, also an empty one. */
export function isZip(bytes: Buffer): boolean {
  return ['PK\x03\x04', 'PK\x05\x06'].includes(bytes.toString('latin1', 0, 4))
}

/**
 * The presets of a bundle, or the settings of a project (.3mf). `name` is the zip's, for messages.
 * Errors: profile_invalid.
 */
export async function unzipPresets(bytes: Buffer, name: string): Promise<TextFile[]> {
  try {
    // yauzl refuses entries that unpack to another size than declared, and names that lead out of the zip.
    const zip = await fromBufferPromise(bytes, { validateEntrySizes: true })
    if (zip.entryCount > maxEntries) throw invalidFile(name, `has more than ${maxEntries} entries.`)
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    const settings = entries.filter(entry => project.test(entry.fileName))
    const chosen = settings.length > 0 ? settings : entries.filter(entry => preset.test(entry.fileName))
    requireBounds(chosen, name)
    const files: TextFile[] = []
    for (const entry of chosen) {
      const pieces: Buffer[] = []
      for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece as Buffer)
      files.push({ name: entry.fileName, text: decodeText(Buffer.concat(pieces), entry.fileName) })
    }
    return files
  } catch (error) {
    if (isAppError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw invalidFile(name, `cannot be unpacked: ${reason.slice(0, 200)}.`, error)
  }
}

/**
 * Decodes text without its byte order mark: UTF-8, UTF-16 with a mark (old editors, PowerShell), otherwise Windows-1252. Refuses
 * control characters, since any byte is valid Windows-1252. Errors: profile_invalid.
 */
export function decodeText(bytes: Buffer, name: string): string {
  const encoding =
    bytes[0] === 0xff ? 'utf-16le' : bytes[0] === 0xfe ? 'utf-16be' : isUtf8(bytes) ? 'utf-8' : 'windows-1252'
  const text = new TextDecoder(encoding).decode(bytes)
  if (!control.test(text)) return text
  throw invalidFile(name, 'is neither text nor a zip. Send .json, .zip, .orca_printer or .orca_filament.')
}

/** Checks the declared sizes before any entry is unpacked. */
function requireBounds(entries: Entry[], name: string): void {
  if (entries.length > maxPresets) throw invalidFile(name, `has more than ${maxPresets} presets.`)
  const locked = entries.find(entry => entry.isEncrypted())
  if (locked) throw invalidFile(name, 'is encrypted: export it without a password.')
  const large = entries.find(entry => entry.uncompressedSize > profileMaxBytes)
  if (large) {
    throw invalidFile(name, `holds ${shorten(large.fileName)}, which has more than ${profileMaxBytes / 1024} KiB.`)
  }
  const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
  if (total > maxUnpackedBytes) throw invalidFile(name, `unpacks to more than ${maxUnpackedBytes / 2 ** 20} MiB.`)
}
