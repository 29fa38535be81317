import type { proto } from '@hashgraph/proto'
import { accountName, toBigInt, tokenName } from '../ids.ts'
import { require } from '../refusal.ts'
import { type Movement, move, moveTokens, type TokenMovement } from '../state.ts'
import type { Handler, Turn } from './handler.ts'

/** Moves HBAR and fungible tokens between any number of accounts. Every debited account must have signed. All or nothing. */
export const transfer: Handler = {
  name: 'CRYPTOTRANSFER',

  check: body => {
    const movements = movementsOf(body)
    const lists = body.cryptoTransfer?.tokenTransfers ?? []
    require(movements.length > 0 || lists.length > 0, 'INVALID_ACCOUNT_AMOUNTS')
    require(sumOf(movements.map(({ tinybar }) => tinybar)) === 0n, 'INVALID_ACCOUNT_AMOUNTS')
    requireOnce(movements)
    const tokens = lists.map(list => tokenName(list.token))
    require(new Set(tokens).size === tokens.length, 'TOKEN_ID_REPEATED_IN_TOKEN_LIST')
    for (const list of lists) {
      require(!list.nftTransfers?.length, 'NOT_SUPPORTED')
      const ofToken = tokenMovementsOf(list)
      require(ofToken.length > 0, 'EMPTY_TOKEN_TRANSFER_ACCOUNT_AMOUNTS')
      require(sumOf(ofToken.map(({ units }) => units)) === 0n, 'TRANSFERS_NOT_ZERO_SUM_FOR_TOKEN')
      requireOnce(ofToken)
    }
  },

  apply: (body, turn) => {
    const movements = movementsOf(body)
    for (const { account: id, tinybar } of movements) {
      const account = turn.state.accounts.get(id)
      require(account, 'INVALID_ACCOUNT_ID')
      if (tinybar >= 0n) continue
      require(account.key && turn.hasSigned(account.key), 'INVALID_SIGNATURE')
      require(account.tinybar + tinybar >= 0n, 'INSUFFICIENT_ACCOUNT_BALANCE')
    }
    const lists = body.cryptoTransfer?.tokenTransfers ?? []
    const tokenMovements = lists.flatMap(list => allowedMovements(list, turn))
    move(turn.state, movements)
    moveTokens(turn.state, tokenMovements)
    return { movements, tokenMovements }
  },
}

function allowedMovements(list: proto.ITokenTransferList, { state, hasSigned }: Turn): TokenMovement[] {
  const movements = tokenMovementsOf(list)
  const token = state.tokens.get(tokenName(list.token) ?? '')
  require(token, 'INVALID_TOKEN_ID')
  const expected = list.expectedDecimals?.value
  require(expected === undefined || expected === null || expected === token.decimals, 'UNEXPECTED_TOKEN_DECIMALS')
  for (const { account: id, units } of movements) {
    const account = state.accounts.get(id)
    require(account, 'INVALID_ACCOUNT_ID')
    const holding = account.holdings.get(token.id)
    require(holding, 'TOKEN_NOT_ASSOCIATED_TO_ACCOUNT')
    require(!holding.isFrozen, 'ACCOUNT_FROZEN_FOR_TOKEN')
    if (units >= 0n) continue
    require(account.key && hasSigned(account.key), 'INVALID_SIGNATURE')
    require(holding.units + units >= 0n, 'INSUFFICIENT_TOKEN_BALANCE')
  }
  return movements
}

function movementsOf({ cryptoTransfer }: proto.TransactionBody): Movement[] {
  return amountsOf(cryptoTransfer?.transfers?.accountAmounts).map(([account, tinybar]) => ({ account, tinybar }))
}

function tokenMovementsOf(list: proto.ITokenTransferList): TokenMovement[] {
  const token = tokenName(list.token)
  require(token, 'INVALID_TOKEN_ID')
  return amountsOf(list.transfers).map(([account, units]) => ({ token, account, units }))
}

function amountsOf(amounts: proto.IAccountAmount[] | null | undefined): [account: string, amount: bigint][] {
  return (amounts ?? []).map(({ accountID, amount, isApproval }) => {
    require(!isApproval, 'NOT_SUPPORTED')
    const account = accountName(accountID)
    require(account, 'INVALID_ACCOUNT_ID')
    return [account, toBigInt(amount)]
  })
}

function requireOnce(movements: { account: string }[]): void {
  const accounts = new Set(movements.map(({ account }) => account))
  require(accounts.size === movements.length, 'ACCOUNT_REPEATED_IN_ACCOUNT_AMOUNTS')
}

function sumOf(amounts: bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
