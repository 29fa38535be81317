import type { proto } from '@hashgraph/proto'
import { accountName, tokenName } from '../ids.ts'
import { require } from '../refusal.ts'
import type { Handler } from './handler.ts'

type Wish = proto.ITokenFreezeAccountTransactionBody | proto.ITokenUnfreezeAccountTransactionBody | null | undefined

/** Freezes an account for a token: the account cannot move it. Signed with the token's freeze key. */
export const freezeAccount = freezing('TOKENFREEZE', true, body => body.tokenFreeze)
/** Lifts the freeze. */
export const unfreezeAccount = freezing('TOKENUNFREEZE', false, body => body.tokenUnfreeze)

function freezing(name: string, isFrozen: boolean, wishOf: (body: proto.TransactionBody) => Wish): Handler {
  return {
    name,

    check: body => {
      const wish = wishOf(body)
      require(wish?.token, 'INVALID_TOKEN_ID')
      require(wish.account, 'INVALID_ACCOUNT_ID')
    },

    apply: (body, { state, hasSigned }) => {
      const wish = wishOf(body)
      const token = state.tokens.get(tokenName(wish?.token) ?? '')
      require(token, 'INVALID_TOKEN_ID')
      const account = state.accounts.get(accountName(wish?.account) ?? '')
      require(account, 'INVALID_ACCOUNT_ID')
      require(token.freezeKey, 'TOKEN_HAS_NO_FREEZE_KEY')
      require(hasSigned(token.freezeKey), 'INVALID_SIGNATURE')
      const holding = account.holdings.get(token.id)
      require(holding, 'TOKEN_NOT_ASSOCIATED_TO_ACCOUNT')
      holding.isFrozen = isFrozen
      return { entityId: token.id }
    },
  }
}
