import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../schema/http/errors.ts'
import { user } from './fake-marketplace.ts'
import type { Workshop } from './set-up.ts'

/** The edge's answer, or the code of its refusal. */
export async function ask(shop: Workshop, method: string, params?: object): Promise<Record<string, unknown>> {
  try {
    return (await shop.edge.call(method, params)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code }
    throw error
  }
}

/** The session of somebody who logs in at the printer. */
export async function token(shop: Workshop, { email, password } = user): Promise<string> {
  return (await ask(shop, 'login_user', { email, password })).token as string
}

/** What the edge keeps of its registration. */
export const identity = (shop: Workshop) => JSON.parse(readFileSync(join(shop.config.dataDir, 'printer.json'), 'utf8'))
/** The path of a stub in the file list. */
export const stub = (shop: Workshop, name = 'Gear') => join(shop.printer.gcodesDir, 'LMNT', `${name}.gcode`)
