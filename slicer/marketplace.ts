import { z } from 'zod'
import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import type { DeadLetterRequest } from '../schema/http/dead-letters.ts'
import {
  type PreparationProgressRequest,
  preparationProgressResponse,
  type StartPreparationResponse,
  startPreparationResponse,
} from '../schema/http/preparations.ts'

/** The marketplace as the slicer sees it. Every call throws `marketplace_unavailable` when it cannot be reached. */
export interface Marketplace {
  /** Errors: not_found, preparation_ended, preparation_in_progress. */
  start: (preparationId: string) => Promise<StartPreparationResponse>
  progress: (preparationId: string, progress: PreparationProgressRequest) => Promise<{ cancelled: boolean }>
  /** Releases a lease, so that another attempt can start immediately. */
  release: (preparationId: string, leaseId: string) => Promise<void>
  /** Stores a message that cannot be parsed as a dead letter for an operator. */
  keepDeadLetter: (letter: DeadLetterRequest) => Promise<void>
}

// A slicer that stops has only a few seconds; a lease that is not released expires.
const releaseTimeoutMs = 3000

export function marketplaceAt(url: string, headers: ServiceHeaders, timeoutMs = 15_000): Marketplace {
  const preparationRequest = (id: string, action: string) => request(`preparations/${id}/${action}`)
  const request = async (path: string) => ({
    url: `${url}/internal/${path}`,
    headers: await headers(url),
    timeoutMs,
    unavailable: 'marketplace_unavailable' as const,
  })
  return {
    start: async preparationId =>
      call({ ...(await preparationRequest(preparationId, 'start')), body: {}, answer: startPreparationResponse }),
    progress: async (preparationId, body) =>
      call({ ...(await preparationRequest(preparationId, 'progress')), body, answer: preparationProgressResponse }),
    release: async (preparationId, lease_id) => {
      const release = { ...(await preparationRequest(preparationId, 'release')), timeoutMs: releaseTimeoutMs }
      await call({ ...release, body: { lease_id }, answer: z.null() })
    },
    keepDeadLetter: async letter => {
      await call({ ...(await request('dead-letters')), body: letter, answer: z.null() })
    },
  }
}
