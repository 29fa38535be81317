import { AppError } from '../../schema/http/errors.ts'
import type { EdgeContext } from '../context.ts'
import type { Desk } from '../print/desk.ts'
import { cancelJob, startJob } from './job-control.ts'
import { loginUser } from './login-user.ts'
import { registerPrinter } from './register-printer.ts'
import { createSessions } from './sessions.ts'
import { status } from './status.ts'

export type AgentMethods = Record<string, (params: unknown) => unknown>

/**
 * The agent's methods, under the owner's names. Moonraker trusts the whole LAN, which is no log-in at the marketplace: what
 * registers, spends or reveals asks for the person's JWT; status and control of a job that is already here do not.
 */
export function createAgentMethods(ctx: EdgeContext, desk: Desk, reach: { isReached: boolean | null }): AgentMethods {
  const sessions = createSessions()
  return {
    login_user: params => loginUser(ctx, sessions, params),
    register_printer: params => registerPrinter(ctx, desk, params),
    status: () => status(ctx, desk, reach),
    start_job: params => startJob(ctx, desk, params),
    cancel_job: params => cancelJob(ctx, desk, params),
  }
}

export async function callAgentMethod(methods: AgentMethods, name: string, params: unknown): Promise<unknown> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) throw new AppError('not_found', 'The edge has no such method.')
  return await method(params)
}
