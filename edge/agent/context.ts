import type { EdgeContext } from '../context.ts'
import type { createTurns } from '../in-turn.ts'
import type { Reach } from '../marketplace/reach.ts'
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
  reach: Reach
  /** The free bytes of the data folder's disk; null when they are not known. */
  freeSpace: () => Promise<number | null>
  /** Runs changes of the registration one after another. */
  registering: ReturnType<typeof createTurns>
}
