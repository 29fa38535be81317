import type { PageCalls, PageMethod } from '../../../schema/page/index.ts'
import type { Client } from './client.ts'
import { CallError } from './problem.ts'

/** Calls a method of the edge. Errors: CallError. */
export type Caller = <Method extends PageMethod>(
  method: Method,
  params: PageCalls[Method]['params'],
) => Promise<PageCalls[Method]['answer']>

/** `onSessionEnded`: a call was refused because nobody is logged in. */
export function createCaller(client: Client, onSessionEnded: () => Promise<void>): Caller {
  return async (method, params) => {
    try {
      return await client.post(`call/${method}`, params)
    } catch (error) {
      if (error instanceof CallError && error.status === 401 && error.code !== 'wrong_credentials')
        await onSessionEnded()
      throw error
    }
  }
}
