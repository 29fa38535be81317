import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** One printer's section of lmnt-edge.cfg. */
export interface CfgPrinter {
  name: string
  moonrakerUrl: string
  streamSocket: string
  autoStart: boolean
  pollSeconds?: number
}

export interface Cfg {
  marketplaceUrl: string
  dataPath: string
  logLevel?: string
  /** The printer's page; off without it. */
  page?: CfgPage | undefined
  printers: CfgPrinter[]
}

/** Its ports, on 127.0.0.1. */
export interface CfgPage {
  httpPort: number
  httpsPort: number
}

/** The text of an lmnt-edge.cfg. */
export function edgeCfg({ marketplaceUrl, dataPath, logLevel = 'info', page, printers }: Cfg): string {
  const sections = printers.map(
    ({ name, moonrakerUrl, streamSocket, autoStart, pollSeconds = 25 }) => `
[printer ${name}]
moonraker_url: ${moonrakerUrl}
stream_socket: ${streamSocket}
auto_start: ${autoStart}
poll_seconds: ${pollSeconds}
`,
  )
  const web = page
    ? `http_port: ${page.httpPort}
https_port: ${page.httpsPort}
https_address: 127.0.0.1`
    : 'enabled: false'
  return `[edge]
marketplace_url: ${marketplaceUrl}
data_path: ${dataPath}
log_level: ${logLevel}

[web]
${web}
${sections.join('')}`
}

/** The path of a local edge's configuration. */
export const edgeCfgFile = (folders: Folders, edge = 'edge') => join(folders.data, `lmnt-${edge}.cfg`)

/**
 * Writes the configuration of a local edge and returns its path. Jobs start without a question at the printer, since nobody
 * stands at a virtual one.
 */
export function writeEdgeCfg(
  folders: Folders,
  edge: string,
  marketplaceUrl: string,
  printers: Pick<CfgPrinter, 'name' | 'moonrakerUrl' | 'streamSocket'>[],
  page?: CfgPage,
): string {
  const file = edgeCfgFile(folders, edge)
  const unasked = printers.map(printer => ({ ...printer, autoStart: true }))
  writeFileSync(file, edgeCfg({ marketplaceUrl, dataPath: join(folders.data, edge), page, printers: unasked }))
  return file
}
