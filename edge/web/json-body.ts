import type { z } from 'zod'
import { invalidInput } from '../../runtime/problem.ts'
import { parseJson } from '../../schema/http/json.ts'

/** Parses the body of a request. Errors: bad_request, invalid_input, which repeats no value. */
export function readJsonBody<T extends z.ZodType>(schema: T, text: string): z.infer<T> {
  const parsed = schema.safeParse(text === '' ? {} : parseJson(text))
  if (parsed.success) return parsed.data
  throw invalidInput(parsed.error)
}
