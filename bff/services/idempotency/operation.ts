import { createHash } from 'node:crypto'
import { type IdKind, newId } from '../../../schema/http/ids.ts'
import type { Context } from '../../context.ts'

/** A repeatable request, for the operation that carries it out. `id` is the same for each repeat. */
export interface Operation {
  id: string
  /**
   * Stores the hash of a streamed form's body, before the form takes effect.
   * Errors: idempotency_key_reused, request_in_progress (another attempt holds the request now).
   */
  admit: (bodyHash: string) => Promise<void>
}

/** The id of the thing that a request makes: derived from `operationId`, so the same for each repeat; random without one. */
export function idFor(ctx: Pick<Context, 'random'>, kind: IdKind, operationId: string | undefined): string {
  if (operationId === undefined) return newId(kind, ctx.random)
  return newId(kind, length => createHash('sha256').update(operationId).digest().subarray(0, length))
}

/**
 * Runs `make` once for an operation. Returns the result of an earlier attempt whose process died, or of a concurrent repeat
 * that was faster. The latter may be why `make` was refused here (the repeat took the last right).
 */
export async function oncePerOperation<T>(
  operationId: string | undefined,
  find: () => Promise<T | undefined>,
  make: () => Promise<T>,
): Promise<T> {
  if (operationId === undefined) return make()
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
