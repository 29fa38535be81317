import { type PayeeKind, payees } from '../../schema/db/cws.ts'
import type { CwsParts, Queryable } from '../context.ts'

export interface NewPayee {
  accountId: string
  kind: PayeeKind
  /** Who vouches for it: a request that made it, or an operator. */
  addedBy: string
}

/** Lets wallets pay to this account from now on. True when it was not on the list before. */
export async function addPayee(
  { db, clock }: { db: Queryable; clock: CwsParts['clock'] },
  payee: NewPayee,
): Promise<boolean> {
  const added = await db
    .insert(payees)
    .values({ ...payee, createdAt: clock() })
    .onConflictDoNothing()
    .returning({ accountId: payees.accountId })
  return added.length > 0
}
