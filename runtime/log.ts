import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

// A second line of defence: callers should not log any of these.
const secretFields = [
  ...['password', 'current_password', 'new_password', 'authorization', 'token', 'access_token', 'refresh_token'],
  ...['device_token', 'printer_token', 'cws_token', 'dek', 'psek'],
]

/** One JSON line an event, on stdout by default, with Google Cloud's names for severity and message. */
export function createLog(service: string, level = 'info', destination?: DestinationStream): Log {
  const options: LoggerOptions = {
    level,
    base: { service },
    messageKey: 'message',
    formatters: { level: label => ({ severity: label.toUpperCase() }) },
    serializers: { err: describeError },
    redact: { paths: secretFields.flatMap(field => [field, `*.${field}`]), censor: '[hidden]' },
  }
  return destination ? pino(options, destination) : pino(options)
}

/**
 * Converts an error for the log. The error of a failed query contains every parameter, such as wrapped keys and password hashes, in
 * its fields, message and stack: only the statement, the database's message and our stack frames are logged.
 */
function describeError(error: Error & { query?: unknown; params?: unknown; cause?: unknown }): object {
  // The bundler puts an underscore before the name of a class that refers to itself.
  const type = error.constructor.name.replace(/^_/, '')
  if (!('params' in error)) return { ...pino.stdSerializers.err(error), type }
  const cause = error.cause as { code?: unknown; message?: unknown } | undefined
  return {
    type,
    message: `Failed query: ${error.query}`,
    code: cause?.code,
    cause: cause?.message,
    stack: error.stack
      ?.split('\n')
      .filter(line => line.startsWith('    at '))
      .join('\n'),
  }
}

/** For tests and tools that should stay quiet. */
export const silentLog: Log = pino({ level: 'silent' })
