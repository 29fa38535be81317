import { z } from 'zod'

/** A configuration that cannot work. The message names every wrong variable at once. */
export class ConfigError extends Error {}

/**
 * Reads a process's configuration from its environment, once, in main.ts.
 * Throws ConfigError, which names each missing or wrong variable but shows no values: some are secrets.
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

/** Parts of several services' configurations. */
export const port = z.coerce.number().int().min(0).max(65535)
export const seconds = z.coerce.number().positive()

/**
 * The address that a service listens at, part of every service's configuration. Cloud Run sets PORT and K_SERVICE and calls the
 * container from outside; elsewhere, without HOST, a service can be reached from this machine only.
 */
export const listenConfig = {
  PORT: port,
  HOST: z.string().min(1).optional(),
  K_SERVICE: z.string().min(1).optional(),
}

export function listenAddress(config: { PORT: number; HOST?: string | undefined; K_SERVICE?: string | undefined }) {
  return { port: config.PORT, host: config.HOST ?? (config.K_SERVICE ? '0.0.0.0' : '127.0.0.1') }
}

/** A variable that contains JSON: `json.pipe(schema)`. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' })
    return z.NEVER
  }
})
