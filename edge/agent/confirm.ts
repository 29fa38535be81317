import { timingSafeEqual } from 'node:crypto'
import { AppError } from '../../schema/http/errors.ts'
import type { AgentContext } from './context.ts'

/**
 * Moonraker accepts a form from any website, and trusts the address that it comes from. But such a website cannot read our answers:
 * `confirm` is in the answer of `status`, and changes with each start of the edge. Our Moonraker component adds it to calls on a
 * websocket, whose origin Moonraker checks. Errors: confirm_required.
 */
export function requireConfirm({ confirm }: AgentContext, value: unknown): void {
  const expected = Buffer.from(confirm)
  const actual = Buffer.from(typeof value === 'string' ? value : '')
  if (actual.length === expected.length && timingSafeEqual(actual, expected)) return
  throw new AppError(
    'confirm_required',
    'Send `confirm` from the answer of status. The value changes with each start of the LMNT service.',
  )
}
