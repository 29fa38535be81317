/** Takes the presets' texts out of a zip, within bounds. Nothing else of it is unpacked, and nothing is written to a disk. */
import { type Entry, fromBufferPromise } from 'yauzl'
import { isAppError } from '../../schema/http/errors.ts'
import { profileMaxBytes } from '../../schema/http/profiles.ts'
import { invalidFile, shorten, type TextFile } from './file.ts'

/** A project's archive has an entry for each object and plate. */
const maxEntries = 10_000
const maxPresets = 500
const maxUnpackedBytes = 8 * 2 ** 20

const project = /^metadata\/project_settings\.config$/i
const preset = /^(?!__macosx\/)(?:.*\/)?(?!bundle_structure\.json$)[^/]*\.json$/i

/** Whether the bytes are a zip, also an empty one. */
export function isZip(bytes: Buffer): boolean {
  return ['PK\x03\x04', 'PK\x05\x06'].includes(bytes.toString('latin1', 0, 4))
}

/**
 * The presets of a bundle, or the settings of a project (.3mf). `name` is the zip's, for messages.
 * Errors: profile_invalid.
 */
export async function unzipPresets(bytes: Buffer, name: string): Promise<TextFile[]> {
  try {
    // Entries that unpack to more or less than they say end in an error; so do names that lead out of the zip.
    const zip = await fromBufferPromise(bytes, { validateEntrySizes: true })
    if (zip.entryCount > maxEntries) throw invalidFile(name, `has more than ${maxEntries} entries.`)
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    const settings = entries.filter(entry => project.test(entry.fileName))
    const wanted = settings.length > 0 ? settings : entries.filter(entry => preset.test(entry.fileName))
    requireBounds(wanted, name)
    const files: TextFile[] = []
    for (const entry of wanted) {
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

/** Without a byte order mark. Errors: profile_invalid. */
export function decodeText(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw invalidFile(name, 'is neither text nor a zip. Send .json, .zip, .orca_printer or .orca_filament.', error)
  }
}

/** By what the entries say of themselves, before any is unpacked. */
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
