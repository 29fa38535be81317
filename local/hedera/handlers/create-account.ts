import { accountId, toBigInt } from '../ids.ts'
import { rawKey } from '../keys.ts'
import { require } from '../refusal.ts'
import { addAccount, move, newEntityId } from '../state.ts'
import type { Handler } from './handler.ts'

const largestBalance = 2n ** 63n - 1n

/** The payer funds the new account; its key need not sign. */
export const createAccount: Handler = {
  name: 'CRYPTOCREATEACCOUNT',

  check: ({ cryptoCreateAccount: wish }) => {
    require(wish?.key, 'KEY_REQUIRED')
    require(rawKey(wish.key), 'BAD_ENCODING')
    require(toBigInt(wish.initialBalance) <= largestBalance, 'INVALID_INITIAL_BALANCE')
  },

  apply: ({ cryptoCreateAccount: wish }, { state, payer, consensusNs }) => {
    const tinybar = toBigInt(wish?.initialBalance)
    require(state.accounts.get(payer)!.tinybar >= tinybar, 'INSUFFICIENT_PAYER_BALANCE')
    const id = newEntityId(state)
    addAccount(state, { id, key: rawKey(wish?.key), memo: wish?.memo ?? '', createdNs: consensusNs })
    const movements = [
      { account: payer, tinybar: -tinybar },
      { account: id, tinybar },
    ]
    move(state, movements)
    return { receipt: { accountID: accountId(id) }, movements, entityId: id }
  },
}
