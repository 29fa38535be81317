import { z } from 'zod'
import { prepareStatusResponse } from '../http/preparations.ts'
import { pageState } from './state.ts'

/** Lists that the page asks for again. */
export const pageLists = ['purchases', 'queue', 'history', 'wallet', 'session'] as const
export type PageList = (typeof pageLists)[number]

/**
 * The events of GET api/events (text/event-stream), by the `event:` of each; `data:` is JSON. After a break the browser sends the last id,
 * and gets what it has missed, or else a new `state`.
 */
export const pageEvents = {
  /** The whole state: at the beginning, and after a break that was too long. */
  state: pageState,
  /** The parts of the state that have changed, each whole. */
  update: pageState.partial(),
  /** A preparation of the person's that is being sliced, or has just ended: for the session that asked for it or for its status. */
  preparation: prepareStatusResponse,
  /** These lists have changed: the page asks again for those that it shows. `session`: GET api/session. */
  changed: z.object({ lists: z.array(z.enum(pageLists)) }),
}
export type PageEventName = keyof typeof pageEvents
export type PageEvents = { [Name in PageEventName]: z.infer<(typeof pageEvents)[Name]> }
