import { isAppError } from '../../schema/http/errors.ts'
import { cancelJob } from './cancel-job.ts'
import { config } from './config.ts'
import { writeToConsole } from './console.ts'
import type { AgentContext } from './context.ts'
import { queue } from './queue.ts'
import { renewPrinterToken } from './renew-token.ts'
import { startJob } from './start-job.ts'
import { status } from './status.ts'

/** Returns the text that the console shows. */
type MacroMethod = (ctx: AgentContext, params: unknown) => string | Promise<string>

/** The methods that a macro may call. */
const macroMethods: Record<string, MacroMethod> = {
  status: describeStatus,
  async queue(ctx, params) {
    const { job, reports } = await queue(ctx, params)
    return `${job ? 'One current' : 'No current'} job, ${reports.length} reports not delivered.`
  },
  start_job(ctx, params) {
    startJob(ctx, params)
    return 'The print is starting.'
  },
  async cancel_job(ctx, params) {
    await cancelJob(ctx, params)
    return 'The print is cancelled.'
  },
  async renew_token(ctx) {
    const { expires_at } = await renewPrinterToken(ctx)
    return `The printer's token is good until ${expires_at.slice(0, 10)}.`
  },
  config: ctx =>
    `auto_start is ${config(ctx).auto_start ? 'on' : 'off'}, the marketplace is ${ctx.config.marketplaceUrl}`,
}

/** Names of arguments that must not reach Klipper. */
const secret = /password|token|secret/i

const logIn =
  'Log in from a browser or an app instead, by POST /machine/lmnt_marketplace/login_user. A password or token that was given ' +
  "here is in Klipper's log now: change it."

/**
 * Runs a macro's action_call_remote_method("lmnt_marketplace/NAME", ...). The call has no answer, so the result goes to the console.
 * Klipper writes a macro's arguments to its log and its console: methods that need a password or a token are refused, and no
 * argument is repeated.
 */
export async function callFromMacro(ctx: AgentContext, name: string, params: Record<string, unknown>): Promise<void> {
  if (Object.keys(params).some(key => secret.test(key))) {
    ctx.log.warn({ method: name }, 'a macro has passed a password or a token')
    return writeToConsole(ctx, `${name} does not take passwords or tokens from a macro. ${logIn}`, { isError: true })
  }
  const method = Object.hasOwn(macroMethods, name) ? macroMethods[name] : undefined
  if (!method) {
    const names = Object.keys(macroMethods).join(', ')
    return writeToConsole(ctx, `${name} cannot be called from a macro. A macro may call ${names}.`, { isError: true })
  }
  try {
    await writeToConsole(ctx, await method(ctx, params))
  } catch (error) {
    if (!isAppError(error)) ctx.log.error({ err: error, method: name }, "a macro's call failed")
    const text = isAppError(error) ? error.message : "Something went wrong. See the LMNT service's log."
    await writeToConsole(ctx, `${name}: ${text}`, { isError: true })
  }
}

function describeStatus(ctx: AgentContext): string {
  const { registered, name, marketplace, job } = status(ctx)
  const who = registered ? `Registered as ${name}` : 'Not registered at the marketplace'
  const reach = marketplace.reachable === false ? ', which cannot be reached' : ''
  return `${who}${reach}. ${job ? `The current print job is ${job.state}.` : 'There is no current print job.'}`
}
