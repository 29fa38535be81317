import type { proto } from '@hashgraph/proto'
import { accountName, toBigInt } from '../ids.ts'
import { require } from '../refusal.ts'
import { type Movement, move } from '../state.ts'
import type { Handler } from './handler.ts'

/** HBAR from and to any number of accounts. Everyone who loses by it must have signed. */
export const transfer: Handler = {
  name: 'CRYPTOTRANSFER',

  check: body => {
    require(!body.cryptoTransfer?.tokenTransfers?.length, 'NOT_SUPPORTED')
    const movements = movementsOf(body)
    const sum = movements.reduce((total, { tinybar }) => total + tinybar, 0n)
    require(movements.length > 0 && sum === 0n, 'INVALID_ACCOUNT_AMOUNTS')
    const accounts = new Set(movements.map(({ account }) => account))
    require(accounts.size === movements.length, 'ACCOUNT_REPEATED_IN_ACCOUNT_AMOUNTS')
  },

  apply: (body, { state, hasSigned }) => {
    const movements = movementsOf(body)
    for (const { account: id, tinybar } of movements) {
      const account = state.accounts.get(id)
      require(account, 'INVALID_ACCOUNT_ID')
      if (tinybar >= 0n) continue
      require(account.key && hasSigned(account.key), 'INVALID_SIGNATURE')
      require(account.tinybar + tinybar >= 0n, 'INSUFFICIENT_ACCOUNT_BALANCE')
    }
    move(state, movements)
    return { movements }
  },
}

function movementsOf({ cryptoTransfer }: proto.TransactionBody): Movement[] {
  return (cryptoTransfer?.transfers?.accountAmounts ?? []).map(({ accountID, amount, isApproval }) => {
    require(!isApproval, 'NOT_SUPPORTED')
    const account = accountName(accountID)
    require(account, 'INVALID_ACCOUNT_ID')
    return { account, tinybar: toBigInt(amount) }
  })
}
