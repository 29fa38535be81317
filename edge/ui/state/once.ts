import { newKey } from '../api/key.ts'
import { isUndecided } from '../api/problem.ts'
import type { Drafts } from './drafts.ts'

/**
 * Makes one confirmation one order. The key of a confirmation is made once and kept until the marketplace has decided, over a reload
 * too: a double click, a retry after a lost answer and a reload send the same key, which has its effect once.
 */
export async function once<T>(drafts: Drafts, what: string, order: (key: string) => Promise<T>): Promise<T> {
  const name = `key.${what}`
  const key = drafts.load<string>(name) ?? newKey()
  drafts.save(name, key)
  try {
    const answer = await order(key)
    drafts.save(name, null)
    return answer
  } catch (error) {
    if (!isUndecided(error)) drafts.save(name, null)
    throw error
  }
}
