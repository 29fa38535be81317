import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin']

/** The path of a system program. Ignores PATH, so that the environment cannot replace it. */
export function findProgram(name: string): string | undefined {
  return folders.map(folder => join(folder, name)).find(path => existsSync(path))
}

/** The folders of the system's libraries and programs that exist on this host. */
export function systemPaths(): string[] {
  return ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache', '/nix/store'].filter(path => existsSync(path))
}
