import type { Issue, Section } from './ini.ts'
import type { PrinterOptions } from './options.ts'

interface PrinterSection {
  name: string
  section: Section
  /** Null when they could not be read. */
  options: PrinterOptions | null
}

/** The options that must differ between printers, each in a normal form that can be compared. */
const uniqueOptions: { option: keyof PrinterOptions; of: (options: PrinterOptions) => string }[] = [
  {
    option: 'moonraker_url',
    of: ({ moonraker_url }) => moonraker_url.replace(/\/\/(localhost|\[::1\])(?=[:/])/, '//127.0.0.1'),
  },
  { option: 'stream_socket', of: ({ stream_socket }) => stream_socket },
]

/** Reports printers that share a Moonraker, a socket or a data folder. */
export function reportConflicts(printers: PrinterSection[], report: (issue: Issue) => void): void {
  for (const [index, printer] of printers.entries()) {
    for (const other of printers.slice(0, index)) reportShared(printer, other, report)
  }
}

function reportShared(
  { name, section, options }: PrinterSection,
  other: PrinterSection,
  report: (issue: Issue) => void,
): void {
  const { header, line } = section
  // Two sections of one name are reported elsewhere. Case is ignored, as some file systems ignore it.
  if (header !== other.section.header && name.toLowerCase() === other.name.toLowerCase()) {
    report({
      line,
      section: header,
      text: `has the same data folder as [${other.section.header}]: give it another name`,
    })
  }
  if (!options || !other.options || header === other.section.header) return
  for (const { option, of } of uniqueOptions) {
    if (of(options) !== of(other.options)) continue
    const written = section.options.get(option)
    const text = `is also used by [${other.section.header}]${written ? '' : ', as the default'}: each printer needs its own`
    report({ line: written?.line ?? line, section: header, option, text })
  }
}
