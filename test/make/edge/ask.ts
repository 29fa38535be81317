import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../schema/http/errors.ts'
import { user } from './fake-marketplace.ts'
import type { EdgeFixture } from './set-up.ts'

/** Calls a method of the edge. Returns its answer, or { refused: code }. */
export async function ask(fixture: EdgeFixture, method: string, params?: object): Promise<Record<string, unknown>> {
  try {
    return (await fixture.edge.call(method, params)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code }
    throw error
  }
}

/** Logs a user in at the printer and returns the session's token. */
export async function token(fixture: EdgeFixture, { email, password } = user): Promise<string> {
  return (await ask(fixture, 'login_user', { email, password })).token as string
}

/** The edge's stored registration. */
export const identity = (fixture: EdgeFixture) =>
  JSON.parse(readFileSync(join(fixture.config.dataDir, 'printer.json'), 'utf8'))
/** The path of a stub in the file list. */
export const stub = (fixture: EdgeFixture, name = 'Gear') => join(fixture.printer.gcodesDir, 'LMNT', `${name}.gcode`)
