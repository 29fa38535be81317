import { existsSync, readFileSync } from 'node:fs'
import { defaultConfigFile } from '../config/read.ts'

const installedUnit = '/etc/systemd/system/lmnt-edge.service'

/** The configuration of a command: the named one, else that of the installed service, else the default. */
export function findConfig(named: string | undefined, home: string, unit = installedUnit): string {
  if (named !== undefined) return named
  const text = existsSync(unit) ? readFileSync(unit, 'utf8') : ''
  const ofService = /^Environment="?EDGE_CONFIG=(.*?)"?$/m.exec(text)?.[1]
  // systemd reads %% as one %.
  return ofService?.replaceAll('%%', '%') ?? defaultConfigFile(home)
}
