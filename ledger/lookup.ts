import { z } from 'zod'
import { scaled } from '../runtime/time-scale.ts'
import { isAppError } from '../schema/http/errors.ts'
import { entityId, toMirrorId } from './ids.ts'
import type { Mirror } from './mirror.ts'
import { type Lookup, reasonOf, type Settled } from './outcome.ts'

const timestamp = z.string().regex(/^\d{1,19}\.\d{9}$/)
const transactions = z.object({
  transactions: z
    .array(
      z.object({
        consensus_timestamp: timestamp,
        entity_id: entityId.nullable(),
        name: z.string(),
        nonce: z.int(),
        result: z.string(),
        scheduled: z.boolean(),
      }),
    )
    .max(100),
})
type MirrorTransaction = z.infer<typeof transactions>['transactions'][number]
const blocks = z.object({ blocks: z.array(z.object({ timestamp: z.object({ to: timestamp }) })).max(100) })
const message = z.object({ sequence_number: z.int() })

// The mirror's servers are not equally up to date. The time that one reports is only trusted for all of them this much later.
const maxMirrorLagMs = 30_000

/**
 * Asks the mirror for the result of a transaction. A failing mirror is the answer `unknown`, not an error.
 * The mirror's time is read before the transaction: a transaction that the mirror lacks afterwards cannot have been added in
 * between.
 */
export async function lookup(mirror: Mirror, transactionId: string, validUntil: Date, timeScale = 1): Promise<Lookup> {
  try {
    const latest = await latestTime(mirror)
    const answer = await mirror.get(`/transactions/${toMirrorId(transactionId)}`, transactions)
    const entry = answer && original(answer.transactions)
    if (entry) return await read(mirror, entry)
    return { status: 'not_found', isPast: latest > validUntil.getTime() + scaled(maxMirrorLagMs, { timeScale }) }
  } catch (error) {
    if (!isAppError(error, 'ledger_unavailable')) throw error
    return { status: 'unknown', reason: reasonOf(error.cause ?? error) }
  }
}

/** The time up to which the mirror is complete, in milliseconds. A block is added every two seconds, even without traffic. */
async function latestTime(mirror: Mirror): Promise<number> {
  const answer = await mirror.get('/blocks?limit=1&order=desc', blocks)
  const to = answer?.blocks[0]?.timestamp.to
  return to === undefined ? 0 : Math.floor(Number(to) * 1000)
}

/**
 * The entry that counts. One id can have several: child transactions, and copies sent to other nodes that were refused as
 * duplicates or by a fault of the node. At most one of them succeeded.
 */
function original(entries: MirrorTransaction[]): MirrorTransaction | undefined {
  const own = entries.filter(entry => entry.nonce === 0 && !entry.scheduled && entry.result !== 'DUPLICATE_TRANSACTION')
  return own.find(({ result }) => result === 'SUCCESS') ?? own[0]
}

async function read(mirror: Mirror, entry: MirrorTransaction): Promise<Lookup> {
  if (entry.result !== 'SUCCESS') return { status: 'failed', reason: entry.result }
  const settled: Settled = { status: 'settled', consensusTimestamp: entry.consensus_timestamp }
  if (entry.name === 'CRYPTOCREATEACCOUNT' && entry.entity_id) settled.accountId = entry.entity_id
  if (entry.name === 'CONSENSUSCREATETOPIC' && entry.entity_id) settled.topicId = entry.entity_id
  if (entry.name === 'TOKENCREATION' && entry.entity_id) settled.tokenId = entry.entity_id
  if (entry.name === 'CONSENSUSSUBMITMESSAGE') {
    const stored = await mirror.get(`/topics/messages/${entry.consensus_timestamp}`, message)
    if (stored) settled.topicSequence = stored.sequence_number
  }
  return settled
}
