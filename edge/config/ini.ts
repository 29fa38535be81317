/** A configuration file as Klipper's users write it: [section name], "option: value" or "option = value", # and ; comments. */
export interface Section {
  /** The text between the brackets, with single spaces: "printer voron". */
  header: string
  line: number
  /** By their names in lower case. */
  options: Map<string, { value: string; line: number }>
}

/** One error of the file, for a person to find and correct. */
export interface Issue {
  line: number
  section?: string
  option?: string
  text: string
}

const sectionLine = /^\[([^[\]]*)\]$/
const optionLine = /^([A-Za-z0-9_]+)\s*[:=]\s*(.*)$/
/** As in Python's configparser: at the beginning of a line, or after a space, so not the # in a URL. */
const comment = /(?:^|\s)[#;].*$/

/** Parses the file, and reports every line that cannot be parsed. Values are not checked here. */
export function parseIni(text: string, report: (issue: Issue) => void): Section[] {
  const sections: Section[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1
    const content = raw.replace(comment, '').trim()
    if (content === '') continue
    const header = sectionLine.exec(content)?.[1]
    if (header !== undefined) {
      sections.push({ header: header.trim().split(/\s+/).join(' '), line, options: new Map() })
      continue
    }
    const section = sections.at(-1)
    const [, name, value = ''] = optionLine.exec(content) ?? []
    if (name === undefined) {
      report({ line, text: 'this is neither a [section] nor an "option: value"' })
    } else if (!section) {
      report({ line, option: name, text: 'stands before the first [section]' })
    } else {
      addOption(section, { name: name.toLowerCase(), value, line }, report)
    }
  }
  return sections
}

function addOption(
  { header, options }: Section,
  { name, value, line }: { name: string; value: string; line: number },
  report: (issue: Issue) => void,
): void {
  const first = options.get(name)
  if (first) report({ line, section: header, option: name, text: `is there twice, first in line ${first.line}` })
  else options.set(name, { value, line })
}
