import type { EdgeContext } from '../context.ts'
import type { createTurns } from '../in-turn.ts'
import type { CurrentJob } from '../print/job/current-job.ts'
import type { OwnerQuestion } from './owner-question.ts'
import type { Sessions } from './sessions.ts'

/** What the agent's methods work with. */
export interface AgentContext extends EdgeContext {
  currentJob: CurrentJob
  sessions: Sessions
  /** What only those who may read our answers know: see confirm.ts. */
  confirm: string
  /** The question whether the printer may change its owner. */
  ownerQuestion: OwnerQuestion
  /** Whether the marketplace answered when it was last asked; null before. */
  reach: { isReached: boolean | null }
  /** For what makes this printer another one at the marketplace, or none: one at a time. */
  registering: ReturnType<typeof createTurns>
}
