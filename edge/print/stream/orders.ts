import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../runtime/log.ts'
import type { RandomBytes } from '../../../schema/http/ids.ts'
import { idSchema } from '../../../schema/http/ids.ts'
import type { ClaimedJob } from '../../../schema/http/print-jobs.ts'
import { readOrPutAside, writeDurable } from '../../durable.ts'
import { createTurns } from '../../in-turn.ts'

const orderSchema = z.object({
  /** The Idempotency-Key of the order. */
  key: z.string(),
  /** Null before the answer: then it is unknown whether there is a job. */
  job_id: idSchema('job').nullable(),
})
/** By purchase, the oldest first. */
const ordersSchema = z.record(idSchema('purchase'), orderSchema)

/** The number of orders kept: an order that never reached the marketplace would stay for ever. */
const most = 50
const keySize = 16

/**
 * Orders by prints at the printer whose job has not arrived yet, on the disk. A job whose answer was lost, or whose print has ended
 * meanwhile, must not begin by itself when it arrives.
 */
export interface Orders {
  /** The idempotency key for an order; the same one while an earlier order of this purchase has no answer. */
  key: (purchaseId: string) => Promise<string>
  saveJobId: (purchaseId: string, jobId: string) => Promise<void>
  /** Whether a job that arrives was ordered, or may have been. */
  has: (claim: Pick<ClaimedJob, 'purchase_id' | 'print_job_id'>) => boolean
  /** Removes the order: it was refused, or its job has arrived. */
  forget: (purchaseId: string) => Promise<void>
}

export async function openOrders(dataDir: string, randomBytes: RandomBytes, log: Log): Promise<Orders> {
  const path = join(dataDir, 'orders.json')
  const inTurn = createTurns()
  let orders = (await readOrPutAside(path, ordersSchema, log)) ?? {}

  /** Replaces the order of the purchase; null removes it. */
  async function write(purchaseId: string, order: z.infer<typeof orderSchema> | null): Promise<void> {
    const others = Object.entries(orders).filter(([id]) => id !== purchaseId)
    const next = Object.fromEntries([...others, ...(order ? [[purchaseId, order] as const] : [])].slice(-most))
    await writeDurable(path, JSON.stringify(next))
    orders = next
  }

  return {
    key: purchaseId =>
      inTurn(async () => {
        const order = orders[purchaseId]
        if (order?.job_id === null) return order.key
        const key = randomBytes(keySize).toString('hex')
        await write(purchaseId, { key, job_id: null })
        return key
      }),
    saveJobId: (purchaseId, jobId) =>
      inTurn(async () => {
        const order = orders[purchaseId]
        if (order) await write(purchaseId, { ...order, job_id: jobId })
      }),
    has({ purchase_id, print_job_id }) {
      const order = orders[purchase_id]
      return order !== undefined && (order.job_id === null || order.job_id === print_job_id)
    },
    forget: purchaseId =>
      inTurn(async () => {
        if (orders[purchaseId]) await write(purchaseId, null)
      }),
  }
}
