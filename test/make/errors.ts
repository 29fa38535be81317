import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../schema/http/errors.ts'

/** Requires that the call is refused with this code. Returns the error's message. */
export async function refusal(code: ErrorCode, run: () => unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    )
  if (!(error instanceof AppError)) throw error ?? new Error(`nothing was refused; ${code} should have been`)
  assert.is(error.code, code, error.message)
  return error.message
}
