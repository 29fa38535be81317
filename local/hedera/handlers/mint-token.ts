import { toBigInt, tokenName, toLong } from '../ids.ts'
import { require } from '../refusal.ts'
import { moveTokens } from '../state.ts'
import type { Handler } from './handler.ts'

const largestSupply = 2n ** 63n - 1n

/** Mints a token into its treasury. Signed with the token's supply key. */
export const mintToken: Handler = {
  name: 'TOKENMINT',

  check: ({ tokenMint: wish }) => {
    require(wish?.token, 'INVALID_TOKEN_ID')
    require(!wish.metadata?.length, 'NOT_SUPPORTED')
    require(toBigInt(wish.amount) > 0n, 'INVALID_TOKEN_MINT_AMOUNT')
  },

  apply: ({ tokenMint: wish }, { state, hasSigned }) => {
    const token = state.tokens.get(tokenName(wish?.token) ?? '')
    require(token, 'INVALID_TOKEN_ID')
    require(token.supplyKey, 'TOKEN_HAS_NO_SUPPLY_KEY')
    require(hasSigned(token.supplyKey), 'INVALID_SIGNATURE')
    const units = toBigInt(wish?.amount)
    require(token.supply + units <= largestSupply, 'INVALID_TOKEN_MINT_AMOUNT')
    token.supply += units
    const tokenMovements = [{ token: token.id, account: token.treasury, units }]
    moveTokens(state, tokenMovements)
    return { receipt: { newTotalSupply: toLong(token.supply) }, tokenMovements, entityId: token.id }
  },
}
