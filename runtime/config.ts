import { z } from 'zod'

/** A configuration that cannot work. The message names every wrong variable, so that one run shows them all. */
export class ConfigError extends Error {}

/**
 * Reads a process's configuration from its environment, once, in main.ts.
 * Throws ConfigError naming each missing or wrong variable; values are left out of it, since some are secrets.
 */
export function readConfig<T extends z.ZodType>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  const result = schema.safeParse(env)
  if (result.success) return result.data
  const lines = result.error.issues.map(issue => {
    const isMissing = env[String(issue.path[0])] === undefined
    return `  ${issue.path.join('.')}: ${isMissing ? 'is missing' : issue.message}`
  })
  throw new ConfigError(`The configuration is not complete:\n${lines.join('\n')}`)
}

/** Parts that several services' configurations share. */
export const port = z.coerce.number().int().min(0).max(65535)
export const seconds = z.coerce.number().positive()
/** A variable that holds several: `json.pipe(schema)`. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' })
    return z.NEVER
  }
})
