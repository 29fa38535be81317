import type { Agents } from './agents.ts'
import { RpcError } from './connection.ts'
import type { HttpArguments } from './http-arguments.ts'

const agent = 'lmnt_marketplace'
const ownMethod = /^machine\.lmnt_marketplace\.(\w+)$/
type Args = Record<string, unknown>

/**
 * Handles a call as our Moonraker component does: passes machine.lmnt_marketplace.NAME on to the agent, and adds the agent's
 * `confirm` to calls by a websocket, whose origin was checked. Undefined: the call does not belong to the component.
 */
export function callThroughComponent(
  agents: Agents,
  name: string,
  params: Args,
  isWebsocket: boolean,
): Promise<unknown> | undefined {
  const method = ownMethod.exec(name)?.[1]
  if (method !== undefined) return inHttpTerms(pass(agents, method, params, isWebsocket))
  const isForAgent = name === 'server.extensions.request' && params.agent === agent && isWebsocket
  const { method: wanted, arguments: given = {} } = params
  if (!isForAgent || typeof wanted !== 'string' || !isObject(given)) return undefined
  return pass(agents, wanted, given, true)
}

/** Over plain HTTP, where other websites' forms arrive, too. */
export function refuseOddNames(name: string, { names }: HttpArguments): void {
  if (!ownMethod.test(name)) return
  const odd = names.find((one, index) => one.includes(':') || names.indexOf(one) !== index)
  if (odd !== undefined) throw new RpcError(400, 'An argument has a type in its name, or is given twice. Send JSON.')
}

async function pass(agents: Agents, method: string, given: Args, isWebsocket: boolean): Promise<unknown> {
  const request = (name: string, args: Args) => agents.request({ agent, method: name, arguments: args })
  if (!isWebsocket || method === 'status') return request(method, given)
  const { confirm } = (await request('status', {})) as { confirm?: string }
  return request(method, confirm === undefined ? given : { ...given, confirm })
}

/** The agent's {code: HTTP status, message, data} as Moonraker's own error, which would be a bare 424 otherwise. */
async function inHttpTerms(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    const details = error instanceof RpcError && isObject(error.data) ? error.data : {}
    const { code, message } = details
    if (typeof code !== 'number' || code < 400 || code > 599) throw error
    throw new RpcError(code, String(message), details)
  }
}

function isObject(value: unknown): value is Args {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
