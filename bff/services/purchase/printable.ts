import { AppError } from '../../../schema/http/errors.ts'
import type { Purchase } from './internal.ts'

type Rights = Pick<Purchase, 'purchaseId' | 'status' | 'attempts' | 'printsAllowed' | 'printsUsed' | 'printsReserved'>

/**
 * Why a purchase cannot start one more print, as an error; null when it can. The same conditions as reserveRight.
 * Codes: purchase_not_active, attempts_exhausted, no_rights_left.
 */
export function printRefusal(purchase: Rights, attemptsLimit: number): AppError | null {
  const { attempts, printsAllowed: allowed, printsUsed: used, printsReserved: inProgress } = purchase
  if (purchase.status !== 'active') return purchaseNotActive(purchase)
  if (attempts >= attemptsLimit) {
    const advice = "Ask the marketplace's support to release the purchase."
    return new AppError('attempts_exhausted', `The last ${attempts} prints did not succeed. ${advice}`)
  }
  if (used + inProgress < allowed) return null
  const counts = `No prints left: ${used} of ${allowed} used${inProgress > 0 ? `, ${inProgress} in progress` : ''}.`
  const wait = inProgress > 0 ? 'Wait until a print in progress has ended, or buy' : 'Buy'
  return new AppError('no_rights_left', `${counts} ${wait} the model again to print more.`)
}

/** The error for a request that needs a paid purchase. Names the purchase's state. */
export function purchaseNotActive({ purchaseId, status }: Pick<Purchase, 'purchaseId' | 'status'>): AppError {
  const words: Record<Purchase['status'], string> = {
    pending: `The payment of purchase ${purchaseId} is still pending. Wait until the purchase is active.`,
    active: `Purchase ${purchaseId} is being refunded.`,
    failed: `The payment of purchase ${purchaseId} failed. Buy the model again.`,
    refunded: `Purchase ${purchaseId} was refunded. Buy the model again to print it.`,
  }
  return new AppError('purchase_not_active', words[status])
}
