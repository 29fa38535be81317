import { z } from 'zod'
import { AppError } from '../schema/http/errors.ts'
import { entityId } from './ids.ts'
import type { Mirror } from './mirror.ts'

const account = z.object({ balance: z.object({ balance: z.number().nonnegative() }) })
const holdings = z.object({
  tokens: z.array(z.object({ token_id: entityId, balance: z.number().nonnegative() })).max(100),
})

/**
 * The balance of an account in tinybar, from the mirror: it is some seconds old on the public networks, so only the ledger's
 * answer to a transfer is decisive. The nodes are not asked because AccountBalanceQuery ends in July 2026.
 * Errors: not_found, ledger_unavailable.
 */
export async function balance(mirror: Mirror, accountId: string): Promise<bigint> {
  const answer = await mirror.get(`/accounts/${entityId.parse(accountId)}?transactions=false`, account)
  if (!answer) throw new AppError('not_found', `Account ${accountId} does not exist on the ledger.`)
  return BigInt(Math.trunc(answer.balance.balance))
}

/**
 * The balance of a token, in its smallest unit, from the mirror; null when the account is not associated with the token and
 * so cannot hold it. Errors: not_found, ledger_unavailable.
 */
export async function tokenBalance(mirror: Mirror, accountId: string, tokenId: string): Promise<bigint | null> {
  const path = `/accounts/${entityId.parse(accountId)}/tokens?token.id=${entityId.parse(tokenId)}`
  const answer = await mirror.get(path, holdings)
  if (!answer) throw new AppError('not_found', `Account ${accountId} does not exist on the ledger.`)
  const holding = answer.tokens.find(({ token_id }) => token_id === tokenId)
  return holding ? BigInt(Math.trunc(holding.balance)) : null
}

/**
 * `balance`, where reads of one account at the same time are one request: each purchase asks for the operator's balance, and the
 * public mirrors limit the requests.
 */
export function sharedBalance(mirror: Mirror): (accountId: string) => Promise<bigint> {
  const underWay = new Map<string, Promise<bigint>>()
  return accountId => {
    const known = underWay.get(accountId)
    if (known) return known
    const read = balance(mirror, accountId).finally(() => underWay.delete(accountId))
    underWay.set(accountId, read)
    return read
  }
}
