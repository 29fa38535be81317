import type { SessionResponse } from '../../schema/http/auth.ts'
import type { ModelResponse } from '../../schema/http/models.ts'
import { currencies } from '../../schema/http/money.ts'
import type {
  PurchaseListResponse,
  PurchaseResponse,
  ReceiptResponse,
  WalletResponse,
} from '../../schema/http/purchases.ts'
import { type Api, ApiError, createApi } from './api.ts'
import type { people, Sample } from './sample.ts'
import { waitFor } from './wait.ts'

export type Fund = (accountId: string, amount: bigint) => Promise<void>

const auditTypes = ['model_purchase', 'slicing_fee', 'model_prepare', 'model_print']
const fundBelow = 50
const fundWith = 500n

/** Logs in, or registers the person at the first start. */
export async function signIn(
  url: string,
  person: (typeof people)[keyof typeof people],
): Promise<{ api: Api; userId: string }> {
  const anonymous = createApi(url)
  const session = await anonymous.post<SessionResponse>('/api/auth/login', person).catch(error => {
    if (!(error instanceof ApiError) || error.code !== 'wrong_credentials') throw error
    return anonymous.post<SessionResponse>('/api/auth/register', person)
  })
  return { api: createApi(url, session.access_token), userId: session.user_id }
}

/** Publishes the sample model, unless an earlier start has published it. */
export async function publish(api: Api, { metadata, file, fileName }: Sample): Promise<ModelResponse> {
  const isSample = fileName === 'gearwheel.bin.stl'
  const { models } = await api.get<{ models: ModelResponse[] }>('/api/models')
  const known = models.find(model => model.title === metadata.title)
  if (isSample && known) return known
  const form = new FormData()
  form.set('metadata', JSON.stringify(metadata))
  form.set('model', new Blob([new Uint8Array(file)], { type: 'model/stl' }), fileName)
  return api.upload<ModelResponse>('/api/publish-model', form)
}

/** Funds the wallet from the local network when a balance is below 50. */
export async function ensureFunds(api: Api, fund: Fund): Promise<WalletResponse> {
  const wallet = await api.get<WalletResponse>('/api/wallet')
  if (wallet.balances.every(({ amount }) => Number(amount) >= fundBelow)) return wallet
  if (!wallet.account_id)
    throw new Error('The wallet has no Hedera account. Look in the logs of bff and cws for why none was created.')
  await fund(wallet.account_id, fundWith)
  return api.get<WalletResponse>('/api/wallet')
}

export function balanceOf(wallet: WalletResponse): string {
  const held = wallet.balances.map(({ amount, currency }) => `${amount} ${currencies[currency].name}`)
  return `${held.join(', ')} on ${wallet.account_id}`
}

/** A purchase of an earlier start that has prints left, so that the demo does not pay again. */
export async function usablePurchase(api: Api, model: ModelResponse): Promise<PurchaseResponse | undefined> {
  const { purchases } = await api.get<PurchaseListResponse>('/api/purchases')
  return purchases.find(
    purchase => purchase.model_id === model.model_id && purchase.status === 'active' && remainingPrints(purchase) > 0,
  )
}

const remainingPrints = ({ prints_allowed, prints_used, prints_reserved }: PurchaseResponse) =>
  prints_allowed - prints_used - prints_reserved

export function describePurchase(purchase: PurchaseResponse): string {
  const { price, prints_allowed, prints_used } = purchase
  if (prints_used > 0) return `bought before: ${remainingPrints(purchase)} of ${prints_allowed} prints left`
  return `${prints_allowed} prints for ${price.amount} ${price.currency.toUpperCase()}`
}

export async function buy(api: Api, userId: string, model: ModelResponse): Promise<PurchaseResponse> {
  const { purchase_id } = await api.post<PurchaseResponse>('/api/purchase-model', {
    user_id: userId,
    model_id: model.model_id,
    license_type: model.licenses[0]?.license_type,
    storage_currency: 'hbar',
  })
  return waitFor('the payment', async () => {
    const purchase = await api.get<PurchaseResponse>(`/api/purchases/${purchase_id}`)
    if (purchase.status === 'failed') throw new Error(`the payment failed: ${purchase.error}`)
    return purchase.status === 'active' && purchase
  })
}

/** Waits until every step of the purchase has its event on the ledger. */
export function waitForReceipt(api: Api, purchaseId: string): Promise<ReceiptResponse> {
  return waitFor('the ledger', async () => {
    const receipt = await api.get<ReceiptResponse>(`/api/receipts/${purchaseId}`)
    const types = receipt.events.map(event => event.type)
    // Each print of the purchase has its own event.
    const areWritten = receipt.events.every(event => event.sequence_number !== null)
    return areWritten && auditTypes.every(type => types.includes(type)) && receipt
  })
}
