import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { ConfigError } from '../../runtime/config.ts'
import { defaultTiming, type EdgeConfig } from '../config.ts'
import type { WebConfig } from '../web/config.ts'
import { reportConflicts } from './conflicts.ts'
import { codeOf } from './disk.ts'
import { type Issue, parseIni, type Section } from './ini.ts'
import { edgeOptions, type PrinterOptions, printerOptions, webOptions } from './options.ts'

/** The configuration of one edge process, which serves every printer of the host. */
export interface EdgeSetup {
  logLevel: string
  /** Where the log is written; standard output by default. */
  logFile?: string | undefined
  marketplaceUrl: string
  /** The printer's page; null: off. */
  web: WebConfig | null
  printers: { name: string; config: EdgeConfig }[]
}

/** The folder that Mainsail and Fluidd show in their editor. */
export const defaultConfigFile = (home: string) => join(home, 'printer_data/config/lmnt-edge.cfg')

const largestFile = 64 * 1024
const printerName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/
/** The name of a printer when the file has no [printer] section, or one without a name. */
const onlyPrinter = 'printer'
/** In the data folder, beside those of the printers: no printer has such a name. */
const webFolder = 'web.page'

/** Reads lmnt-edge.cfg. Throws ConfigError with every problem, each with its line, section and option. */
export function readSetup(file: string, home: string): EdgeSetup {
  const path = resolve(file)
  const place = { home, folder: dirname(path) }
  const issues: Issue[] = []
  const report = (issue: Issue) => void issues.push(issue)
  const sections = parseIni(readText(path), report)
  reportUnknown(sections, report)

  const edge = sections.find(({ header }) => header === 'edge') ?? emptySection('edge')
  const web = sections.find(({ header }) => header === 'web') ?? emptySection('web')
  const described = sections.filter(({ header }) => nameOf(header) !== null)
  const common = readSection(edge, edgeOptions(place), report)
  const page = readSection(web, webOptions, report)
  const options = printerOptions(place)
  const printers = (described.length > 0 ? described : [emptySection('printer')]).map(section => ({
    name: nameOf(section.header) ?? onlyPrinter,
    section,
    options: readSection(section, options, report),
  }))
  reportConflicts(printers, report)

  if (issues.length > 0 || common === null || page === null) throw new ConfigError(describe(path, issues))
  return {
    logLevel: common.log_level,
    logFile: common.log_file,
    marketplaceUrl: common.marketplace_url,
    web: toWebConfig(page, join(common.data_path, webFolder)),
    printers: printers.flatMap(({ name, options: own }) =>
      own ? [{ name, config: toConfig(name, common, own) }] : [],
    ),
  }
}

type CommonOptions = z.infer<ReturnType<typeof edgeOptions>>

function toConfig(name: string, common: CommonOptions, own: PrinterOptions): EdgeConfig {
  return {
    printerName: name,
    dataDir: join(common.data_path, name),
    marketplaceUrl: common.marketplace_url,
    moonrakerUrl: own.moonraker_url,
    moonrakerApiKey: own.moonraker_api_key_file,
    streamSocket: own.stream_socket,
    autoStart: own.auto_start,
    ...(own.ask_before_using_rights ? {} : { asksBeforeUsingRights: false }),
    logLevel: common.log_level,
    timing: { ...defaultTiming, pollWaitS: own.poll_seconds },
  }
}

function toWebConfig(options: z.infer<typeof webOptions>, folder: string): WebConfig | null {
  if (!options.enabled) return null
  return {
    httpPort: options.http_port,
    https: options.https ? { port: options.https_port, address: options.https_address ?? null } : null,
    hosts: options.hosts,
    origins: options.origins,
    networks: options.networks,
    needsLogin: options.needs_login,
    folder,
  }
}

function readText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const advice = 'Copy edge/lmnt-edge.cfg there, or name another file by the variable EDGE_CONFIG.'
    throw new ConfigError(`The configuration ${path} cannot be read (${codeOf(error)}). ${advice}`)
  }
  if (bytes.length > largestFile) throw new ConfigError(`${path} is longer than ${largestFile} bytes.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ConfigError(`${path} is not a text file in UTF-8.`)
  }
}

const emptySection = (header: string): Section => ({ header, line: 0, options: new Map() })

/** The printer that a section describes; null when it describes none. */
function nameOf(header: string): string | null {
  const [kind, name = onlyPrinter, ...more] = header.split(' ')
  return kind === 'printer' && more.length === 0 && printerName.test(name) ? name : null
}

function reportUnknown(sections: Section[], report: (issue: Issue) => void): void {
  const firstLines = new Map<string, number>()
  for (const { header, line } of sections) {
    const first = firstLines.get(header)
    if (header !== 'edge' && header !== 'web' && nameOf(header) === null) {
      const text = /^printer\b/.test(header)
        ? "a printer's name is one word of up to 32 letters, digits, - and _"
        : 'unknown section; there are [edge], [web] and, for each printer, [printer NAME]'
      report({ line, section: header, text })
    } else if (first !== undefined) {
      report({ line, section: header, text: `is there twice, first in line ${first}` })
    } else {
      firstLines.set(header, line)
    }
  }
}

/** The options of a section; null when one of them is wrong. */
function readSection<T extends z.ZodObject>(
  { header, line, options }: Section,
  schema: T,
  report: (issue: Issue) => void,
): z.infer<T> | null {
  const optionNames = Object.keys(schema.shape)
  for (const [name, option] of options) {
    if (optionNames.includes(name)) continue
    report({
      line: option.line,
      section: header,
      option: name,
      text: `unknown option; there are ${optionNames.join(', ')}`,
    })
  }
  const values = Object.fromEntries([...options].map(([name, { value }]) => [name, value]))
  const result = schema.safeParse(values)
  if (result.success) return result.data
  for (const { path, message } of result.error.issues) {
    const name = String(path[0])
    const option = options.get(name)
    report({ line: option?.line ?? line, section: header, option: name, text: option ? message : 'is missing' })
  }
  return null
}

function describe(path: string, issues: Issue[]): string {
  const lines = issues
    .sort((a, b) => a.line - b.line)
    .map(({ line, section, option, text }) => {
      const where = [section === undefined ? '' : `[${section}]`, option].filter(Boolean).join(' ')
      return `  ${[line > 0 ? `line ${line}` : '', where].filter(Boolean).join(', ')}: ${text}`
    })
  return `${path} cannot be used:\n${lines.join('\n')}`
}
