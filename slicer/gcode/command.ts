/**
 * One line of G-code, read as Klipper reads it: in capitals, without its comment, cut into keys (runs of letters) and
 * their values. "n5 m 112*71" is M112 to Klipper, and therefore here.
 */
export interface GcodeCommand {
  /** Such as G1, M104 or PRINT_START. */
  name: string
  /** The text after each key. For macros, whose parameters are KEY=VALUE, it begins with "=". */
  params: Map<string, string>
  /** The line in capitals, without comment. */
  text: string
}

const piece = /([A-Z_]+|[*/])([^A-Z_*/]*)/g

/** Returns undefined for a line without a command. */
export function parseCommand(line: string): GcodeCommand | undefined {
  const comment = line.indexOf(';')
  const text = (comment === -1 ? line : line.slice(0, comment)).trim().toUpperCase()
  if (text === '') return undefined
  const params = new Map<string, string>()
  let name = ''
  for (const [, key = '', value = ''] of text.matchAll(piece)) {
    if (name === '' && key === 'N') continue
    if (name === '') name = key + value.trim()
    else params.set(key, value.trim())
  }
  return { name, params, text }
}
