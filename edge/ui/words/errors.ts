import type { CallError } from '../api/problem.ts'

type Translate = (key: string) => string

/** The words of a refusal: ours where its code has some, else the message of the marketplace or the edge, which is English. */
export function errorText(error: CallError, has: (key: string) => boolean, t: Translate): string {
  const key = `errors.${error.code}`
  return has(key) ? t(key) : error.message
}
