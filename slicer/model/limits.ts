/** Limits on the size of a model, and the errors that every format shares. */
import { AppError } from '../../schema/http/errors.ts'
import { modelMaxBytes } from '../../schema/http/model-limits.ts'

export const maxTriangles = 1_500_000
/** Enough for triangles that share no vertex. */
export const maxVertices = 3 * maxTriangles

/** In the file's units. Above, 32-bit floats are too coarse to tell neighbouring corners apart. */
export const maxCoordinate = 100_000

export function malformed(message: string): AppError {
  return new AppError('stl_malformed', message)
}

export function unsupported(message: string): AppError {
  return new AppError('model_format_unsupported', message)
}

export function empty(): AppError {
  return new AppError('stl_empty', 'The model has no triangles.')
}

export function tooManyTriangles(): AppError {
  return new AppError('stl_too_many_triangles', `The model has more than ${maxTriangles} triangles.`)
}

export function tooLarge(): AppError {
  return new AppError('stl_too_large', `The model is larger than ${modelMaxBytes / 2 ** 20} MiB.`)
}
