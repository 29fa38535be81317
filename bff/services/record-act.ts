import { operatorActs } from '../../schema/db/bff/index.ts'
import type { Context, Queryable } from '../context.ts'

type Act = 'refund' | 'release-attempts' | 'replay'

/** Writes down for good what an operator does by hand, in the transaction that does it. */
export async function recordAct(
  ctx: Pick<Context, 'clock'>,
  tx: Queryable,
  act: Act,
  subjectId: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await tx.insert(operatorActs).values({ act, subjectId, detail, createdAt: ctx.clock() })
}
