import type { ModelResponse } from '../../../../schema/http/models.ts'
import type { Money } from '../../../../schema/http/money.ts'
import { moneyText } from '../../words/amounts.ts'

/** One way to buy a model: a licence and a currency. */
export interface Offer {
  /** Tells the offers of a model apart. */
  id: string
  licence: ModelResponse['licenses'][number]
  price: Money
}

/** Every way to buy the model, as the designer lists the licences. */
export function offersOf({ licenses }: Pick<ModelResponse, 'licenses'>): Offer[] {
  return licenses.flatMap(licence => {
    const prices: Money[] = []
    if (licence.price_hbar !== null) prices.push({ amount: licence.price_hbar, currency: 'hbar' })
    if (licence.price_print !== null) prices.push({ amount: licence.price_print, currency: 'print' })
    return prices.map(price => ({ id: `${licence.license_type}/${price.currency}`, licence, price }))
  })
}

export function offerText({ price }: Offer, locale: string): string {
  return moneyText(price, locale)
}
