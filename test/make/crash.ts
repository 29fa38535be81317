import type { Context } from '../../bff/context.ts'

export class Crash extends Error {}

/**
 * A context whose process dies at its nth step: before a database call, or before or after a call to the ledger or the CWS.
 * Every later call fails too, so that no `catch` can clean up. Other processes continue.
 */
export function crashingAt(ctx: Context, step: number): { ctx: Context; hasCrashed: () => boolean } {
  let steps = 0
  const next = () => {
    steps += 1
    if (steps >= step) throw new Crash(`the process died at step ${step}`)
  }
  const mortal = <T extends object>(part: T, isAnswerLost: boolean): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          next()
          const answer: unknown = value.apply(target, args)
          if (!isAnswerLost || !(answer instanceof Promise)) return answer
          return answer.then(result => {
            next()
            return result
          })
        }
      },
    })
  return {
    ctx: { ...ctx, db: mortal(ctx.db, false), ledger: mortal(ctx.ledger, true), cws: mortal(ctx.cws, true) },
    hasCrashed: () => steps >= step,
  }
}

/** Runs `work` in a process that dies at step 1, then 1 + `stride`, ... until one survives. Calls `after` for each, to check. */
export async function atEveryStep(
  ctx: Context,
  work: (mortal: Context, step: number) => Promise<unknown>,
  after: (step: number) => Promise<void>,
  stride = 1,
): Promise<number> {
  for (let step = 1; ; step += stride) {
    const { ctx: mortal, hasCrashed } = crashingAt(ctx, step)
    await work(mortal, step).catch((error: unknown) => {
      if (!hasCrashed()) throw error
    })
    await after(step)
    if (!hasCrashed()) return step
  }
}
