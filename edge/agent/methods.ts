import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import type { EdgeContext } from '../context.ts'
import { createTurns } from '../in-turn.ts'
import type { Reach } from '../marketplace/reach.ts'
import { createFreeSpace } from '../overview/free-space.ts'
import type { CurrentJob } from '../print/job/current-job.ts'
import type { ShellCommand } from '../shell.ts'
import { requireConfirm } from './confirm.ts'
import type { AgentContext } from './context.ts'
import { callFromMacro } from './from-macro.ts'
import { methods } from './method-table.ts'
import { createOwnerQuestion } from './owner-question.ts'
import { type Caller, recordCall } from './record-call.ts'
import { createSessions } from './sessions.ts'
import { runShellCommand } from './shell-command.ts'

export const methodNames = Object.keys(methods)

const fromMoonraker: Caller = { client: null }

export interface Agent {
  /**
   * Runs a call from Moonraker, by anybody who can reach it. A method that changes something needs `confirm` in its params. Errors:
   * AppError.
   */
  call: (name: string, params: unknown) => Promise<unknown>
  /** The same from within this process, without `confirm`. */
  run: (name: string, params: unknown, caller?: Caller) => Promise<unknown>
  /** Runs a command of the host's shell; returns the text to print there. Errors: AppError. */
  shell: (command: ShellCommand) => Promise<string>
  /** After the signal to end: resolves when no question is open at the printer. */
  settled: () => Promise<void>
  /** Runs a call by a macro, which gets no answer: the result is shown on Klipper's console. Never rejects. */
  callFromMacro: (name: string, params: Record<string, unknown>) => Promise<void>
}

export function createAgent(edge: EdgeContext, currentJob: CurrentJob, reach: Reach): Agent {
  const sessions = createSessions(edge.clock)
  const confirm = edge.randomBytes(16).toString('hex')
  const ctx: AgentContext = {
    ...edge,
    currentJob,
    reach,
    freeSpace: createFreeSpace(edge.config.dataDir),
    sessions,
    confirm,
    ownerQuestion: createOwnerQuestion(),
    registering: createTurns(),
  }

  function methodNamed(name: string) {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (method) return method
    throw new AppError('not_found', 'The edge has no such method.')
  }

  /** Does `work`, and writes to the security log what it says about the caller. */
  async function recorded(name: string, params: unknown, caller: Caller, work: () => unknown): Promise<unknown> {
    try {
      const answer = await work()
      recordCall(ctx.securityLog, { name, params, caller }, { answer })
      return answer
    } catch (error) {
      recordCall(ctx.securityLog, { name, params, caller }, { error })
      throw error
    }
  }

  return {
    async run(name, params, caller = fromMoonraker) {
      const method = methodNamed(name)
      return recorded(name, params, caller, () => method.run(ctx, params))
    },
    async call(name, params) {
      const method = methodNamed(name)
      const { confirm: value, ...others } = namedParams(params)
      return recorded(name, others, fromMoonraker, () => {
        if (method.changes) requireConfirm(ctx, value)
        return method.run(ctx, others)
      })
    },
    shell: command => runShellCommand(ctx, command),
    settled: () => ctx.ownerQuestion.settled,
    callFromMacro: (name, params) => callFromMacro(ctx, name, params),
  }
}

const paramsSchema = z.record(z.string(), z.unknown()).default({})

function namedParams(params: unknown): Record<string, unknown> {
  const parsed = paramsSchema.safeParse(params ?? undefined)
  if (parsed.success) return parsed.data
  throw new AppError('invalid_input', 'The arguments must be a JSON object.')
}
