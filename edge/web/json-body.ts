import type { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { type JsonLimits, jsonLimits, parseJson } from '../../schema/http/json.ts'

/** Parses the body of a request. Errors: bad_request, invalid_input, which repeats no value. */
export function readJsonBody<T extends z.ZodType>(
  schema: T,
  text: string,
  limits: JsonLimits = jsonLimits,
): z.infer<T> {
  const parsed = schema.safeParse(text === '' ? {} : parseJson(text, limits))
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new AppError(
    'invalid_input',
    errors[0] ? `${errors[0].path}: ${errors[0].message}` : 'The input is not valid.',
    {
      details: { errors },
    },
  )
}
