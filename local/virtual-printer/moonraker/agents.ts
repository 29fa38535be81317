import { z } from 'zod'
import { type Connection, RpcError } from './connection.ts'

const identify = z.object({
  client_name: z.string(),
  version: z.string(),
  type: z.enum(['web', 'mobile', 'desktop', 'display', 'bot', 'agent', 'other']),
  url: z.string(),
})
const agentCall = z.object({
  agent: z.string(),
  method: z.string(),
  arguments: z.record(z.string(), z.unknown()).optional(),
})
const remoteMethod = z.object({ method_name: z.string().min(1) })
const macroCall = z.object({ method: z.string(), params: z.record(z.string(), z.unknown()).default({}) })
const event = z.object({ event: z.string(), data: z.unknown().optional() })

export type Agents = ReturnType<typeof createAgents>

/** The connected agents, and calls to them. */
export function createAgents(notifyAll: (method: string, params: unknown[]) => void) {
  const agents = new Map<string, Connection>()
  const remoteMethods = new Map<string, Connection>()

  return {
    identify(connection: Connection, params: unknown): { connection_id: number } {
      if (connection.identity) throw new RpcError(400, 'Connection already identified')
      const { client_name: name, version, type, url } = parse(identify, params)
      // The connection of a refused agent stays unidentified and cannot be used any more, as in Moonraker.
      connection.identity = { name, version, type: '', url }
      if (type === 'agent') {
        if (agents.has(name)) throw new RpcError(400, `Agent '${name}' already registered and connected'`)
        agents.set(name, connection)
        notifyAll('notify_agent_event', [{ agent: name, event: 'connected', data: { name, version, type, url } }])
      }
      connection.identity.type = type
      return { connection_id: connection.id }
    },

    /** From now on macros may call it; forgotten with the connection. */
    registerMethod(connection: Connection, params: unknown): 'ok' {
      if (connection.identity?.type !== 'agent') {
        throw new RpcError(400, "Only connections of the 'agent' type can register methods")
      }
      const { method_name: name } = parse(remoteMethod, params)
      if (remoteMethods.has(name)) throw new RpcError(400, `Remote method (${name}) already registered`)
      remoteMethods.set(name, connection)
      return 'ok'
    },

    /** Runs a macro's action_call_remote_method. */
    callRemoteMethod(params: unknown): 'ok' {
      const { method, params: given } = parse(macroCall, params)
      const connection = remoteMethods.get(method)
      if (!connection) throw new RpcError(400, `Remote method '${method}' not registered`)
      connection.tell(method, given)
      return 'ok'
    },

    remove(connection: Connection): void {
      for (const [name, owner] of remoteMethods) if (owner === connection) remoteMethods.delete(name)
      const name = connection.identity?.name
      if (name === undefined || agents.get(name) !== connection) return
      agents.delete(name)
      notifyAll('notify_agent_event', [{ agent: name, event: 'disconnected' }])
    },

    list: () => ({ agents: [...agents.values()].map(agent => agent.identity) }),

    request(params: unknown): Promise<unknown> {
      const { agent, method, arguments: given } = parse(agentCall, params)
      const connection = agents.get(agent)
      if (!connection) throw new RpcError(400, `Agent ${agent} not connected`)
      return connection.call(method, given)
    },

    sendEvent(connection: Connection, params: unknown): 'ok' {
      if (connection.identity?.type !== 'agent') {
        throw new RpcError(400, "Only connections of the 'agent' type can send events")
      }
      const { event: name, data } = parse(event, params)
      if (name === 'connected' || name === 'disconnected') throw new RpcError(400, `Event '${name}' is reserved`)
      notifyAll('notify_agent_event', [{ agent: connection.identity.name, event: name, data }])
      return 'ok'
    },
  }
}

/** Checks a method's params; a fault is worded as Moonraker words it. */
export function parse<T extends z.ZodType>(schema: T, params: unknown): z.infer<T> {
  const result = schema.safeParse(params)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new RpcError(400, `Invalid argument '${issue?.path.join('.')}': ${issue?.message}`)
}
