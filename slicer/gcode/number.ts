import type { GcodeCommand } from './command.ts'

/** The fault of a command, as the end of a sentence that begins with "line 5". */
export class BadMove extends Error {}

/** A parameter's number; undefined when the command has no such parameter. Errors: BadMove. */
export function numberOf({ params }: GcodeCommand, key: string): number | undefined {
  const text = params.get(key)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) {
    throw new BadMove(`has "${key}${text.slice(0, 40)}" where a number should be`)
  }
  return value
}
