import type { EdgeContext } from '../../context.ts'
import { findEnd } from '../history.ts'
import type { HistoryEnd } from '../job/outcome.ts'
import type { JobRecord } from '../job/record.ts'

type Print = NonNullable<JobRecord['print']>

/**
 * Asks Klipper for its state, and Moonraker's history for the print. `isAnswered`: Klipper has answered. Does not reject when there is
 * no answer.
 */
export async function inquire(
  ctx: EdgeContext,
  { print }: { print: Print },
): Promise<{ isAnswered: boolean; entry: HistoryEnd | null }> {
  const isAnswered = await ctx.moonraker.refresh().then(
    () => true,
    () => false,
  )
  return { isAnswered, entry: await findEnd(ctx, print).catch(() => null) }
}
