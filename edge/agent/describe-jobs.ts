import { liveJobStates } from '../../schema/http/print-jobs.ts'
import type { People } from '../marketplace/people.ts'

interface MarketplaceJob {
  purchase_id: string
  status: string
  outcome?: unknown
  [field: string]: unknown
}

const liveStates: readonly unknown[] = liveJobStates
export const isLive = ({ status }: Pick<MarketplaceJob, 'status'>) => liveStates.includes(status)

/** What became of the right. An older marketplace does not tell the outcome of a cancelled print, which rarely uses one. */
function rightOf({ status, outcome }: MarketplaceJob): 'reserved' | 'used' | 'returned' {
  if (isLive({ status })) return 'reserved'
  const isUsed = status === 'success' || outcome === 'cancelled_used' || outcome === 'print_overrun'
  return isUsed ? 'used' : 'returned'
}

/**
 * Adds to the jobs of an answer what people ask about them: which model it was, and what became of the right. Asks for the purchases
 * meanwhile: an agent's call has 10 s, and each call to the marketplace may take 8 s.
 */
export async function describeJobs(people: People, token: string, answered: ReturnType<People['printJobs']>) {
  const [{ print_jobs, next_cursor }, { purchases }] = await Promise.all([answered, people.purchases(token)])
  const byId = new Map(purchases.map(one => [one.purchase_id, one]))
  const described = print_jobs.map(job => ({
    ...job,
    title: byId.get(job.purchase_id)?.title ?? null,
    model_id: byId.get(job.purchase_id)?.model_id ?? null,
    right: rightOf(job),
  }))
  return { print_jobs: described, next_cursor }
}
