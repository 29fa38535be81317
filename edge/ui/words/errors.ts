import type { CallError } from '../api/problem.ts'
import { durationText } from './duration.ts'

type Translate = (key: string, named: Record<string, string>) => string

/** The words of a refusal: ours where its code has some, else the message of the marketplace or the edge, which is English. */
export function errorText(error: CallError, has: (key: string) => boolean, t: Translate): string {
  const key = `errors.${error.code}`
  const keyWithWait = `${key}_wait`
  if (error.retryAfterS !== null && has(keyWithWait)) return t(keyWithWait, { wait: durationText(error.retryAfterS) })
  return has(key) ? t(key, {}) : error.message
}
