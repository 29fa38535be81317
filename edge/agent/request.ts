import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'

/** Checks an agent method's params. Errors: invalid_input, naming what is wrong and repeating none of it. */
export function parseParams<T extends z.ZodType>(schema: T, params: unknown): z.infer<T> {
  const result = schema.safeParse(params ?? {})
  if (result.success) return result.data
  const errors = result.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message }))
  const text = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  throw new AppError('invalid_input', text, { details: { errors } })
}

/** The user's JWT, as login_user gave it: what everything that spends, registers or reveals asks for. */
export const userToken = z
  .string()
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "must be the user's token, as login_user gives it")
  .max(4096)
