import { createHash } from 'node:crypto'
import { type IdKind, newId } from '../../../schema/http/ids.ts'
import type { Context } from '../../context.ts'

/** A request that may come twice, as a verb sees it. */
export interface Operation {
  id: string
  /**
   * Notes what the body of a streamed form was, before anything comes of it.
   * Errors: idempotency_key_reused, request_in_progress (somebody else is doing it by now).
   */
  admit: (bodyHash: string) => Promise<void>
}

/** The id of what an operation makes: the same each time it comes. Without an operation, a random one. */
export function idFor(ctx: Pick<Context, 'random'>, kind: IdKind, operation: string | undefined): string {
  if (operation === undefined) return newId(kind, ctx.random)
  return newId(kind, length => createHash('sha256').update(operation).digest().subarray(0, length))
}

/**
 * Makes what an operation makes, once: finds what an attempt made whose process died, or a twin that was faster while this
 * one was refused for it (the twin has the last right).
 */
export async function oncePerOperation<T>(
  operation: string | undefined,
  find: () => Promise<T | undefined>,
  make: () => Promise<T>,
): Promise<T> {
  if (operation === undefined) return make()
  const earlier = await find()
  if (earlier) return earlier
  try {
    return await make()
  } catch (error) {
    const twin = await find()
    if (twin) return twin
    throw error
  }
}
