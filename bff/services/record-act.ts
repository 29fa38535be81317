import { operatorActs } from '../../schema/db/bff/index.ts'
import type { Context, Queryable } from '../context.ts'

type Act = 'refund' | 'release-attempts' | 'replay'

/** Records an operator's act permanently, in the transaction that carries it out. */
export async function recordAct(
  ctx: Pick<Context, 'clock'>,
  tx: Queryable,
  act: Act,
  subjectId: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await tx.insert(operatorActs).values({ act, subjectId, detail, createdAt: ctx.clock() })
}
