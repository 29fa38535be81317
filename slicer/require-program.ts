import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../runtime/config.ts'

/** Returns the absolute path of the child's program that the variable `name` gives. Errors: ConfigError, when it is not there. */
export function requireProgram(name: string, path: string): string {
  const program = resolve(path)
  if (!existsSync(program)) throw new ConfigError(`${name}: there is no ${program}; "npm run build" makes it.`)
  return program
}
