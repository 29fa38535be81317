import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin']

/** The path of a program of the system. The environment is not asked: PATH is nobody's to change here. */
export function findProgram(name: string): string | undefined {
  return folders.map(folder => join(folder, name)).find(path => existsSync(path))
}

/** Libraries and programs of the system, as far as this host has them. */
export function systemPaths(): string[] {
  return ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache', '/nix/store'].filter(path => existsSync(path))
}
