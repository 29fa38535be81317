import { accountName, tokenName } from '../ids.ts'
import { require } from '../refusal.ts'
import type { Handler } from './handler.ts'

/** Lets an account hold tokens; it must have signed. All of them, or none. */
export const associateTokens: Handler = {
  name: 'TOKENASSOCIATE',

  check: ({ tokenAssociate: wish }) => {
    require(wish?.account, 'INVALID_ACCOUNT_ID')
    const names = (wish.tokens ?? []).map(tokenName)
    require(new Set(names).size === names.length, 'TOKEN_ID_REPEATED_IN_TOKEN_LIST')
  },

  apply: ({ tokenAssociate: wish }, { state, consensusNs, hasSigned }) => {
    const account = state.accounts.get(accountName(wish?.account) ?? '')
    require(account, 'INVALID_ACCOUNT_ID')
    require(account.key && hasSigned(account.key), 'INVALID_SIGNATURE')
    const tokens = (wish?.tokens ?? []).map(id => state.tokens.get(tokenName(id) ?? ''))
    for (const token of tokens) {
      require(token, 'INVALID_TOKEN_ID')
      require(!account.holdings.has(token.id), 'TOKEN_ALREADY_ASSOCIATED_TO_ACCOUNT')
    }
    for (const token of tokens) account.holdings.set(token!.id, { units: 0n, isFrozen: false, sinceNs: consensusNs })
    return { entityId: account.id }
  },
}
