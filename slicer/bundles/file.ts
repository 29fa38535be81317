/** A user's file, and the errors that name it. */
import { AppError } from '../../schema/http/errors.ts'

export interface TextFile {
  name: string
  text: string
}

export function invalidFile(name: string, what: string, cause?: unknown): AppError {
  return new AppError('profile_invalid', `${shorten(name)} ${what}`, { cause })
}

/** Shortens the name of a file or preset for messages. */
export function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}...` : name
}
