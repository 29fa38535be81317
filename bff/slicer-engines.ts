import { call } from '../runtime/call.ts'
import { type EngineName, engineListResponse } from '../schema/http/slicer.ts'

/** Whether the slicer has an engine. Errors: unavailable, when it cannot be asked. */
export type HasEngine = (name: EngineName) => Promise<boolean>

const timeoutMs = 10_000
/** How long an answer counts: a slicer has other engines only after it was installed anew. */
const freshMs = 60_000

export function enginesAt(slicerUrl: string, clock: () => Date): HasEngine {
  let known: { names: string[]; at: number } | undefined
  return async name => {
    const now = clock().getTime()
    if (!known || now - known.at > freshMs) {
      const { engines } = await call({
        method: 'GET',
        url: `${slicerUrl}/engines`,
        answer: engineListResponse,
        timeoutMs,
        unavailable: 'unavailable',
      })
      known = { names: engines.map(engine => engine.name), at: now }
    }
    return known.names.includes(name)
  }
}
