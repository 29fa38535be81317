import { getConnInfo } from '@hono/node-server/conninfo'
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { clientNetwork } from '../../runtime/client-network.ts'
import {
  changePasswordRequest,
  loginRequest,
  refreshRequest,
  registerRequest,
  sessionListResponse,
  sessionResponse,
} from '../../schema/http/auth.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { AppEnv } from '../env.ts'
import {
  type Caller,
  changePassword,
  endSession,
  endSessions,
  listSessions,
  login,
  logout,
  refresh,
  register,
} from '../services/auth/index.ts'
import { answers, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const session = { 200: answers(sessionResponse, 'A session') }

const paths = {
  register: operation({
    method: 'post',
    path: '/api/auth/register',
    summary: 'Open an account',
    description:
      'Answers with a session, as logging in does. A designer publishes models, an enthusiast buys and prints them.',
    caller: 'anyone',
    errors: ['email_taken', 'too_many_requests'],
    request: jsonBody(registerRequest),
    responses: session,
  }),
  login: operation({
    method: 'post',
    path: '/api/auth/login',
    summary: 'Log in',
    description: [
      'Send the access token in the Authorization header of other requests; it is valid for one hour, and the refresh token renews it.',
      'Send the `device_token` of the answer with your next log-in: then wrong passwords from strangers do not lock you out.',
    ].join(' '),
    caller: 'anyone',
    errors: ['wrong_credentials', 'too_many_requests'],
    request: jsonBody(loginRequest),
    responses: session,
  }),
  refresh: operation({
    method: 'post',
    path: '/api/auth/refresh',
    summary: 'Renew a session',
    description: 'A refresh token is valid for one use. A second use means that it was stolen, and ends its session.',
    caller: 'anyone',
    errors: ['unauthenticated'],
    request: jsonBody(refreshRequest),
    responses: session,
  }),
  logout: operation({
    method: 'post',
    path: '/api/auth/logout',
    summary: 'Log out',
    description: 'Ends the session of the refresh token.',
    caller: 'anyone',
    request: jsonBody(refreshRequest),
    responses: { 204: nothing },
  }),
  changePassword: operation({
    method: 'post',
    path: '/api/auth/change-password',
    summary: 'Change the password',
    description: 'Ends every session and opens a new one for the caller.',
    caller: 'user',
    errors: ['wrong_credentials', 'too_many_requests'],
    request: jsonBody(changePasswordRequest),
    responses: session,
  }),
  list: operation({
    method: 'get',
    path: '/api/auth/sessions',
    summary: 'List your sessions',
    caller: 'user',
    responses: { 200: answers(sessionListResponse, 'Where you are logged in, the last used first') },
  }),
  endAll: operation({
    method: 'delete',
    path: '/api/auth/sessions',
    summary: 'End all sessions',
    description: 'Ends every session, including the current one.',
    caller: 'user',
    responses: { 204: nothing },
  }),
  end: operation({
    method: 'delete',
    path: '/api/auth/sessions/{id}',
    summary: 'End a session',
    caller: 'user',
    errors: ['not_found'],
    request: { params: z.object({ id: idSchema('session') }) },
    responses: { 204: nothing },
  }),
}

export function authRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.register, async c => c.json(await register(c.get('ctx'), c.req.valid('json'), caller(c)), 200))
  app.openapi(paths.login, async c => c.json(await login(c.get('ctx'), c.req.valid('json'), caller(c)), 200))
  app.openapi(paths.refresh, async c => c.json(await refresh(c.get('ctx'), c.req.valid('json')), 200))
  app.openapi(paths.logout, async c => {
    await logout(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  })
  app.openapi(paths.changePassword, async c =>
    c.json(await changePassword(c.get('ctx'), c.req.valid('json'), caller(c)), 200),
  )
  app.openapi(paths.list, async c => c.json({ sessions: await listSessions(c.get('ctx')) }, 200))
  app.openapi(paths.endAll, async c => {
    await endSessions(c.get('ctx'))
    return c.body(null, 204)
  })
  app.openapi(paths.end, async c => {
    await endSession(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  })
}

function caller(c: HonoContext<AppEnv>): Caller {
  const origin = { remote: getConnInfo(c).remote.address, forwardedFor: c.req.header('x-forwarded-for') }
  return {
    network: clientNetwork(origin, c.get('ctx').settings.trustedProxies),
    userAgent: c.req.header('user-agent')?.slice(0, 200) ?? null,
  }
}
