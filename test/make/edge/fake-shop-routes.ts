/** The part of the fake marketplace where people choose, buy and prepare: what the printer's page asks for. */
import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import { AppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { ModelResponse } from '../../../schema/http/models.ts'
import { cancelPrepareRequest } from '../../../schema/http/preparations.ts'
import { type PurchaseResponse, purchaseRequest } from '../../../schema/http/purchases.ts'
import type { FakeAccounts } from './fake-accounts.ts'

export interface FakeShop {
  models: ModelResponse[]
  purchases: PurchaseResponse[]
  profiles: Record<string, unknown>[]
  /** What prepare-status answers, by purchase. */
  preparations: Map<string, Record<string, unknown>>
  /** True: the ledger is slow, and a purchase is pending. */
  isLedgerSlow: boolean
  /** Called before a purchase is made. */
  beforePurchase: () => Promise<void>
  /** The files' names of each profile that was stored. */
  uploads: string[][]
}

/** A PNG of one pixel. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
)

export function createShop(): FakeShop {
  return {
    models: [],
    purchases: [],
    profiles: [],
    preparations: new Map(),
    isLedgerSlow: false,
    beforePurchase: async () => {},
    uploads: [],
  }
}

export function makeModel(title: string): ModelResponse {
  const model_id = newId('model', randomBytes)
  return {
    model_id,
    title,
    description: '',
    designer_id: newId('user', randomBytes),
    nft_id: null,
    licenses: [{ license_type: 'pay-per-print', price_hbar: '2', price_print: null, prints_allowed: 3 }],
    dimensions_mm: { x: 10, y: 10, z: 10 },
    triangles: 12,
    warnings: [],
    units: null,
    allow_scaling: false,
    scale_min_percent: null,
    scale_max_percent: null,
    thumbnail_url: '',
    thumbnails: [],
    created_at: new Date().toISOString(),
  }
}

export function addShopRoutes(app: Hono<{ Bindings: HttpBindings }>, accounts: FakeAccounts, shop: FakeShop): void {
  const bought = new Map<string, Promise<PurchaseResponse>>()
  const png = () => ({ 'content-type': 'image/png' })

  async function buy(body: unknown): Promise<PurchaseResponse> {
    const { model_id, license_type } = purchaseRequest.parse(body)
    const model = shop.models.find(one => one.model_id === model_id)
    if (!model) throw new AppError('not_found', 'There is no such model.')
    await shop.beforePurchase()
    const purchase: PurchaseResponse = {
      status: shop.isLedgerSlow ? 'pending' : 'active',
      purchase_id: newId('purchase', randomBytes),
      model_id,
      title: model.title,
      license_type,
      price: { amount: '2', currency: 'hbar' },
      prints_allowed: 3,
      prints_used: 0,
      prints_reserved: 0,
      error: null,
      created_at: new Date().toISOString(),
    }
    shop.purchases.push(purchase)
    return purchase
  }

  app.get('/api/models', c => {
    const search = c.req.query('search')?.toLowerCase() ?? ''
    const models = shop.models.filter(one => one.title.toLowerCase().includes(search))
    return c.json({ models, next_cursor: null })
  })
  app.get('/api/models/:id', c => {
    const model = shop.models.find(one => one.model_id === c.req.param('id'))
    if (!model) throw new AppError('not_found', 'There is no such model.')
    return c.json(model)
  })
  app.get('/api/models/:id/thumbnail', c => c.body(new Uint8Array(pixel), 200, png()))
  app.get('/api/preparations/:id/previews/:n', c => {
    accounts.person(c.req.header('authorization'))
    return c.body(new Uint8Array(pixel), 200, png())
  })
  app.get('/api/wallet', c => {
    accounts.person(c.req.header('authorization'))
    const [balance, fee] = ['10', '0.1'].map(amount => ({ amount, currency: 'hbar' }))
    return c.json({ account_id: '0.0.7', network: 'local', balances: [balance], slicing_fees: [fee] })
  })
  app.post('/api/purchase-model', async c => {
    accounts.person(c.req.header('authorization'))
    const key = c.req.header('idempotency-key') ?? randomBytes(8).toString('hex')
    const purchase = bought.get(key) ?? buy(await c.req.json())
    bought.set(key, purchase)
    return c.json(await purchase)
  })
  app.get('/api/purchases', c => {
    accounts.person(c.req.header('authorization'))
    return c.json({ purchases: shop.purchases.toReversed(), next_cursor: null })
  })
  app.get('/api/purchases/:id', c => {
    accounts.person(c.req.header('authorization'))
    const purchase = shop.purchases.find(one => one.purchase_id === c.req.param('id'))
    if (!purchase) throw new AppError('not_found', 'There is no such purchase.')
    return c.json(purchase)
  })
  app.get('/api/print-profiles', c => {
    accounts.person(c.req.header('authorization'))
    return c.json({ print_profiles: shop.profiles, next_cursor: null })
  })
  app.post('/api/print-profiles', async c => {
    accounts.person(c.req.header('authorization'))
    const form = await c.req.formData()
    const files = form.getAll('files').filter(one => one instanceof File)
    shop.uploads.push(files.map(file => file.name))
    const settings = { machine_settings: {}, process_settings: {}, filament: {} }
    const profile = {
      print_profile_id: newId('profile', randomBytes),
      name: String(form.get('name') ?? 'Voron'),
      created_at: new Date().toISOString(),
      ...settings,
    }
    shop.profiles.push(profile)
    return c.json({ ...profile, warnings: ['"thumbnails" is ignored.'] }, 201)
  })
  app.delete('/api/print-profiles/:id', c => {
    accounts.person(c.req.header('authorization'))
    shop.profiles = shop.profiles.filter(one => one.print_profile_id !== c.req.param('id'))
    return c.body(null, 204)
  })
  app.get('/api/prepare-status', c => {
    accounts.person(c.req.header('authorization'))
    const found = shop.preparations.get(c.req.query('purchase_id') ?? '')
    if (!found) throw new AppError('not_found', 'There is no preparation.')
    return c.json(found)
  })
  app.post('/api/cancel-prepare', async c => {
    accounts.person(c.req.header('authorization'))
    const { preparation_id } = cancelPrepareRequest.parse(await c.req.json())
    const found = [...shop.preparations.values()].find(one => one.preparation_id === preparation_id)
    if (!found) throw new AppError('not_found', 'There is no such preparation.')
    found.status = 'cancelled'
    return c.json(found)
  })
}
