import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** One of NODE_OPTIONS: the process then measures its turns. */
export const measuresTurns = `--import=${resolve('test/make/longest-turn.mjs')}`

/** How long the event loop of a process that measures its turns stood still at most, since it was last asked. */
export async function longestTurnMs(child: ChildProcess): Promise<number> {
  child.send({})
  const [answer] = (await once(child, 'message')) as [{ longestTurnMs: number }]
  return answer.longestTurnMs
}
