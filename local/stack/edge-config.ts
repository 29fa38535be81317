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
  printers: CfgPrinter[]
}

/** The text of an lmnt-edge.cfg. */
export function edgeCfg({ marketplaceUrl, dataPath, logLevel = 'info', printers }: Cfg): string {
  const sections = printers.map(
    ({ name, moonrakerUrl, streamSocket, autoStart, pollSeconds = 25 }) => `
[printer ${name}]
moonraker_url: ${moonrakerUrl}
stream_socket: ${streamSocket}
auto_start: ${autoStart}
poll_seconds: ${pollSeconds}
`,
  )
  return `[edge]
marketplace_url: ${marketplaceUrl}
data_path: ${dataPath}
log_level: ${logLevel}
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
): string {
  const file = edgeCfgFile(folders, edge)
  const unasked = printers.map(printer => ({ ...printer, autoStart: true }))
  writeFileSync(file, edgeCfg({ marketplaceUrl, dataPath: join(folders.data, edge), printers: unasked }))
  return file
}
