import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import type { EdgeContext } from '../context.ts'
import { createTurns } from '../in-turn.ts'
import type { CurrentJob } from '../print/job/current-job.ts'
import type { ShellCommand } from '../shell.ts'
import { auditLog } from './audit-log.ts'
import { cancelJob } from './cancel-job.ts'
import { config } from './config.ts'
import { requireConfirm } from './confirm.ts'
import type { AgentContext } from './context.ts'
import { callFromMacro } from './from-macro.ts'
import { history } from './history.ts'
import { loginUser } from './login-user.ts'
import { logoutUser } from './logout-user.ts'
import { createOwnerQuestion } from './owner-question.ts'
import { prepareModel } from './prepare-model.ts'
import { printModel } from './print-model.ts'
import { purchases } from './purchases.ts'
import { queue } from './queue.ts'
import { registerPrinter } from './register-printer.ts'
import { renewPrinterToken } from './renew-token.ts'
import { createSessions } from './sessions.ts'
import { setConfig } from './set-config.ts'
import { startJob } from './start-job.ts'
import { status } from './status.ts'
import { unregisterHere } from './unregister-here.ts'
import { unregisterPrinter } from './unregister-printer.ts'

/**
 * The agent's methods. Moonraker trusts the whole LAN, which is no log-in at the marketplace: a method that registers, spends or
 * reveals needs the person's JWT; status and control of the current job do not.
 */
const methods: Record<string, (ctx: AgentContext, params: unknown) => unknown> = {
  // with a password, or the person's JWT
  login_user: loginUser,
  logout_user: logoutUser,
  register_printer: registerPrinter,
  unregister_printer: unregisterPrinter,
  purchases,
  prepare_model: prepareModel,
  print_model: printModel,
  history,
  set_config: setConfig,
  audit_log: auditLog,
  // for everyone on the LAN
  status,
  queue,
  start_job: startJob,
  cancel_job: cancelJob,
  renew_token: renewPrinterToken,
  config,
}

export const methodNames = Object.keys(methods)

/** Methods that change nothing, and login_user, whose caller has to know a password. */
const withoutConfirm = ['login_user', 'purchases', 'history', 'audit_log', 'status', 'queue', 'config']

export interface Agent {
  /**
   * Runs a call from Moonraker, by anybody who can reach it. A method that changes something needs `confirm` in its params. Errors:
   * AppError.
   */
  call: (name: string, params: unknown) => Promise<unknown>
  /** The same from within this process, without `confirm`. */
  run: (name: string, params: unknown) => Promise<unknown>
  /** Runs a command of the host's shell; returns the text to print there. Errors: AppError. */
  shell: (command: ShellCommand) => Promise<string>
  /** After the signal to end: resolves when no question is open at the printer. */
  settled: () => Promise<void>
  /** Runs a call by a macro, which gets no answer: the result is shown on Klipper's console. Never rejects. */
  callFromMacro: (name: string, params: Record<string, unknown>) => Promise<void>
}

export function createAgent(edge: EdgeContext, currentJob: CurrentJob, reach: AgentContext['reach']): Agent {
  const sessions = createSessions(edge.clock)
  const confirm = edge.randomBytes(16).toString('hex')
  const ctx: AgentContext = {
    ...edge,
    currentJob,
    reach,
    sessions,
    confirm,
    ownerQuestion: createOwnerQuestion(),
    registering: createTurns(),
  }

  async function run(name: string, params: unknown): Promise<unknown> {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (!method) throw new AppError('not_found', 'The edge has no such method.')
    return await method(ctx, params)
  }

  return {
    run,
    async call(name, params) {
      const { confirm: value, ...others } = namedParams(params)
      if (!withoutConfirm.includes(name) && Object.hasOwn(methods, name)) requireConfirm(ctx, value)
      return run(name, others)
    },
    async shell(_command) {
      const { name, printer_id, problem } = await unregisterHere(ctx)
      const rest = problem === null ? '' : ` The marketplace is informed as soon as possible: ${problem}`
      return `"${name}" (${printer_id}) is unregistered. Any account can register this printer now.${rest}`
    },
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
