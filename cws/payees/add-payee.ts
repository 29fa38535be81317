import { type PayeeKind, payees } from '../../schema/db/cws.ts'
import type { CwsParts, Queryable } from '../context.ts'

export interface NewPayee {
  accountId: string
  kind: PayeeKind
  /** The origin of the entry: the request that created the account, the configuration, or an operator. */
  addedBy: string
}

/** Adds an account to the list of payees that wallets may pay. Returns false when it was already on the list. */
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
