import { z } from 'zod'
import { AppError } from '../schema/http/errors.ts'
import { entityId } from './ids.ts'
import type { Mirror } from './mirror.ts'

const account = z.object({ balance: z.object({ balance: z.number().nonnegative() }) })
const holdings = z.object({
  tokens: z.array(z.object({ token_id: entityId, balance: z.number().nonnegative() })).max(100),
})

/**
 * The tinybar of an account, as the mirror has it: some seconds old on the public networks, so the ledger's own word on a
 * transfer is what counts. From the mirror because the nodes stop answering AccountBalanceQuery in July 2026.
 * Errors: not_found, ledger_unavailable.
 */
export async function balance(mirror: Mirror, accountId: string): Promise<bigint> {
  const answer = await mirror.get(`/accounts/${entityId.parse(accountId)}?transactions=false`, account)
  if (!answer) throw new AppError('not_found', `There is no account ${accountId} on the ledger.`)
  return BigInt(Math.trunc(answer.balance.balance))
}

/** What an account holds of a token, in the token's units; null when it is not associated with it, and so cannot hold any. */
export async function tokenBalance(mirror: Mirror, accountId: string, tokenId: string): Promise<bigint | null> {
  const path = `/accounts/${entityId.parse(accountId)}/tokens?token.id=${entityId.parse(tokenId)}`
  const answer = await mirror.get(path, holdings)
  if (!answer) throw new AppError('not_found', `There is no account ${accountId} on the ledger.`)
  const held = answer.tokens.find(({ token_id }) => token_id === tokenId)
  return held ? BigInt(Math.trunc(held.balance)) : null
}
