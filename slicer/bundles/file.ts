/** A file of a person's, and the refusals that name it. */
import { AppError } from '../../schema/http/errors.ts'

export interface TextFile {
  name: string
  text: string
}

export function invalidFile(name: string, what: string, cause?: unknown): AppError {
  return new AppError('profile_invalid', `${shorten(name)} ${what}`, { cause })
}

/** A file's or preset's name as a message shows it. */
export function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}...` : name
}
