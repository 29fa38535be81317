import type { z } from 'zod'
import { parse } from '../../../runtime/http.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { parseJson } from '../../../schema/http/json.ts'

/** Reads the form's field `metadata`, which is JSON. Errors: invalid_input. */
export function parseMetadata<T extends z.ZodType>(text: string | undefined, schema: T): z.output<T> {
  if (text === undefined) throw new AppError('invalid_input', 'metadata: the form has no such field.')
  try {
    return parse(schema, parseJson(text))
  } catch (error) {
    if (isAppError(error, 'bad_request'))
      throw new AppError('invalid_input', 'metadata: must be JSON.', { cause: error })
    throw error
  }
}
