import type { z } from 'zod'
import type { pageAnswers } from './answers.ts'
import type { pageRequests } from './requests.ts'

export type { HistoryEntry, PageProfile, SecurityEvent, SecurityLogEntry } from './answers.ts'
export type { PageEventName, PageEvents, PageList } from './events.ts'
export type { PageSession } from './session.ts'
export type {
  ConnectionFact,
  FactName,
  PageConnections,
  PageJob,
  PageRegistration,
  PageSettings,
  PageState,
} from './state.ts'

/** POST api/call/METHOD: the body is the parameters, the answer is JSON. */
export type PageCalls = {
  [Method in keyof typeof pageRequests]: {
    params: z.input<(typeof pageRequests)[Method]>
    answer: z.infer<(typeof pageAnswers)[Method]>
  }
}
export type PageMethod = keyof PageCalls
