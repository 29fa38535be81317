export { treasuryOf, walletOf } from './account.ts'
export { balanceIn, requireAcceptedCurrency, tokenOf } from './balance.ts'
export { getWallet } from './get.ts'
export { lockWallet, pendingSpend } from './pending-spend.ts'
