/**
 * Purchases a second that the whole local marketplace completes, from the request to the answer that the right is paid: signatures of
 * the CWS, a transfer on the ledger's double, its receipt, and the audit event. Beside it, alternately, bare transfers on the same
 * ledger by the same client. The ledger's node answers after `--latency-ms`; `--buyers N` buy at the same time, each one purchase after
 * the other. `--pairs N`, `--seconds S` of each.
 */
import { parseArgs } from 'node:util'
import { build } from '../local/build.ts'
import { type Api, createApi } from '../local/demo/api.ts'
import { publish, signIn } from '../local/demo/market.ts'
import { people, readSample } from '../local/demo/sample.ts'
import type { SessionResponse } from '../schema/http/auth.ts'
import type { ModelResponse } from '../schema/http/models.ts'
import type { PurchaseResponse, WalletResponse } from '../schema/http/purchases.ts'
import { makeStack, type TestStack } from '../test/make/stack.ts'
import { type Pace, repeat } from './purchase/repeat.ts'
import { openTransfers } from './purchase/transfer.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'

/** Enough HBAR for all purchases of a buyer, which cost 10 each. */
const funds = 100_000n

export async function run(args: string[]): Promise<Figures> {
  const options = {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    buyers: { type: 'string', default: '8' },
    'latency-ms': { type: 'string', default: '50' },
  } as const
  const { values } = parseArgs({ args, options })
  const [pairs, seconds, buyers] = [Number(values.pairs), Number(values.seconds), Number(values.buyers)]
  const latencyMs = Number(values['latency-ms'])
  await build()
  const world = await makeStack()
  const transfers = await openTransfers(world.stack)
  try {
    const designer = await signIn(world.stack.urls.bff, people.designer)
    const model = await publish(designer.api, readSample(undefined))
    const shoppers: (() => Promise<void>)[] = []
    for (let at = 0; at < buyers; at++) shoppers.push(await shopper(world, model, at))
    world.stack.doubles.hedera.tell({ answerDelayMs: latencyMs })
    const paces = { purchases: [] as Pace[], transfers: [] as Pace[] }
    await repeat(shoppers, 1)
    for (let pair = 0; pair < pairs; pair++) {
      paces.purchases.push(await repeat(shoppers, seconds))
      paces.transfers.push(await repeat(Array(buyers).fill(transfers.transfer), seconds))
    }
    const of = (field: keyof Pace, all: Pace[]) => all.map(pace => pace[field])
    const ratios = paces.purchases.map(({ perS }, pair) => perS / (paces.transfers[pair]?.perS ?? 0))
    return {
      ratio_to_transfer: round(median(ratios), 2),
      ratio_range: range(ratios, 2),
      purchases_per_s: median(of('perS', paces.purchases)),
      purchases_per_s_range: range(of('perS', paces.purchases), 1),
      p50_ms: median(of('p50Ms', paces.purchases)),
      p99_ms: median(of('p99Ms', paces.purchases)),
      transfers_per_s: median(of('perS', paces.transfers)),
      transfer_p99_ms: median(of('p99Ms', paces.transfers)),
      ledger_latency_ms: latencyMs,
      buyers,
      pairs,
    }
  } finally {
    transfers.close()
    await world.close()
  }
}

/** A person with a full wallet, and what they do: buy the model once. */
async function shopper({ stack, fund }: TestStack, model: ModelResponse, at: number): Promise<() => Promise<void>> {
  const person = { email: `buyer-${at}@example.com`, password: 'long enough' }
  const session = await createApi(stack.urls.bff).post<SessionResponse>('/api/auth/register', person)
  const api: Api = createApi(stack.urls.bff, session.access_token)
  const { account_id } = await api.get<WalletResponse>('/api/wallet')
  if (!account_id) throw new Error('The wallet has no Hedera account.')
  await fund(account_id, funds)
  return async () => {
    const purchase = await api.post<PurchaseResponse>('/api/purchase-model', {
      user_id: session.user_id,
      model_id: model.model_id,
      license_type: model.licenses[0]?.license_type,
      storage_currency: 'hbar',
    })
    if (purchase.status !== 'active') throw new Error(`The purchase is ${purchase.status}: ${purchase.error}`)
  }
}
