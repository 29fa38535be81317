/** An error of a G-code command: its message is what Klipper shows, and print_stats.message when it ends a print. */
export class GcodeError extends Error {}

/** An error by which our extra ends a print before its first line: on_error_gcode is not run. */
export class PrintRefusal extends GcodeError {}

export interface GcodeLine {
  /** In capitals, such as `G1` or `SET_PRINT_STATS_INFO`; empty for an empty line and a comment. */
  command: string
  /** The text after the command, unchanged. */
  rest: string
}

/** Splits a line as Klipper does: the comment is dropped, traditional commands are a letter and a number. */
export function parseLine(text: string): GcodeLine {
  const semicolon = text.indexOf(';')
  const code = (semicolon < 0 ? text : text.slice(0, semicolon)).trim()
  const match = /^([A-Za-z]\d+(?:\.\d+)?|[A-Za-z_][A-Za-z_0-9]*)(.*)$/.exec(code)
  if (!match) return { command: '', rest: code }
  return { command: (match[1] ?? '').toUpperCase(), rest: match[2]?.trim() ?? '' }
}

/** The KEY=VALUE parameters of an extended command; values may be quoted. */
export function parameters(line: GcodeLine): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, key = '', quoted, bare = ''] of line.rest.matchAll(/([A-Za-z_]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    found.set(key.toUpperCase(), quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1'))
  }
  return found
}

/** A parameter that the command needs; the error is worded as Klipper's. */
export function required(line: GcodeLine, name: string): string {
  const value = parameters(line).get(name)
  if (value === undefined) throw new GcodeError(`Error on '${line.command} ${line.rest}': missing ${name}`)
  return value
}
