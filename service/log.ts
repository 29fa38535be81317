import { type Logger, pino } from 'pino'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

// Defence in depth: nothing here should ever be passed to the log in the first place.
const secretFields = ['password', 'authorization', 'token', 'access_token', 'refresh_token', 'cws_token', 'dek', 'psek']

/** One JSON line an event on stdout, with Google Cloud's names for severity and message. */
export function createLog(service: string, level = 'info'): Log {
  return pino({
    level,
    base: { service },
    messageKey: 'message',
    formatters: { level: label => ({ severity: label.toUpperCase() }) },
    redact: { paths: secretFields.flatMap(field => [field, `*.${field}`]), censor: '[hidden]' },
  })
}

/** For tests and tools that should stay quiet. */
export const silentLog: Log = pino({ level: 'silent' })
