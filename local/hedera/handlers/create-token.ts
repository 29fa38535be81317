import { accountName, toBigInt, tokenId } from '../ids.ts'
import { rawKey } from '../keys.ts'
import { require } from '../refusal.ts'
import { newEntityId } from '../state.ts'
import type { Handler } from './handler.ts'

const largestSupply = 2n ** 63n - 1n
const mostBytes = 100

/** A fungible token without an admin key, thus for ever; its treasury holds the initial supply, and must have signed. */
export const createToken: Handler = {
  name: 'TOKENCREATION',

  check: ({ tokenCreation: wish }) => {
    require(wish?.name, 'MISSING_TOKEN_NAME')
    require(wish.symbol, 'MISSING_TOKEN_SYMBOL')
    require(Buffer.byteLength(wish.name) <= mostBytes, 'TOKEN_NAME_TOO_LONG')
    require(Buffer.byteLength(wish.symbol) <= mostBytes, 'TOKEN_SYMBOL_TOO_LONG')
    require(toBigInt(wish.initialSupply) <= largestSupply, 'INVALID_TOKEN_INITIAL_SUPPLY')
    require(!wish.tokenType && !wish.supplyType && !wish.customFees?.length, 'NOT_SUPPORTED')
    require(!wish.adminKey && !wish.kycKey && !wish.wipeKey && !wish.pauseKey, 'NOT_SUPPORTED')
    for (const key of [wish.supplyKey, wish.freezeKey]) require(!key || rawKey(key), 'BAD_ENCODING')
  },

  apply: ({ tokenCreation: wish }, { state, consensusNs, hasSigned }) => {
    const treasury = state.accounts.get(accountName(wish?.treasury) ?? '')
    require(treasury, 'INVALID_TREASURY_ACCOUNT_FOR_TOKEN')
    require(treasury.key && hasSigned(treasury.key), 'INVALID_SIGNATURE')
    const id = newEntityId(state)
    const units = toBigInt(wish?.initialSupply)
    state.tokens.set(id, {
      id,
      name: wish?.name ?? '',
      symbol: wish?.symbol ?? '',
      decimals: wish?.decimals ?? 0,
      treasury: treasury.id,
      supply: units,
      supplyKey: rawKey(wish?.supplyKey),
      freezeKey: rawKey(wish?.freezeKey),
      memo: wish?.memo ?? '',
      createdNs: consensusNs,
    })
    treasury.holdings.set(id, { units, isFrozen: false, sinceNs: consensusNs })
    return {
      receipt: { tokenID: tokenId(id) },
      tokenMovements: [{ token: id, account: treasury.id, units }],
      entityId: id,
    }
  },
}
