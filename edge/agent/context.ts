import type { EdgeContext } from '../context.ts'
import type { createTurns } from '../in-turn.ts'
import type { CurrentJob } from '../print/job/current-job.ts'
import type { OwnerQuestion } from './owner-question.ts'
import type { Sessions } from './sessions.ts'

/** The context of the agent's methods. */
export interface AgentContext extends EdgeContext {
  currentJob: CurrentJob
  sessions: Sessions
  /** A value that only readers of our answers know: see confirm.ts. */
  confirm: string
  /** The question whether the printer may change its owner. */
  ownerQuestion: OwnerQuestion
  /** Whether the marketplace answered when it was last asked; null before. */
  reach: { isReached: boolean | null }
  /** Runs changes of the registration one after another. */
  registering: ReturnType<typeof createTurns>
}
