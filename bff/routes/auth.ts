import { getConnInfo } from '@hono/node-server/conninfo'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { loginRequest, refreshRequest, registerRequest, sessionResponse } from '../../schema/http/auth.ts'
import type { AppEnv } from '../env.ts'
import { login } from '../services/auth/login.ts'
import { logout } from '../services/auth/logout.ts'
import { refresh } from '../services/auth/refresh.ts'
import { register } from '../services/auth/register.ts'
import { answers, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const session = { 200: answers(sessionResponse, 'A session') }

const paths = {
  register: operation({
    method: 'post',
    path: '/api/auth/register',
    caller: 'anyone',
    request: jsonBody(registerRequest),
    responses: session,
  }),
  login: operation({
    method: 'post',
    path: '/api/auth/login',
    caller: 'anyone',
    request: jsonBody(loginRequest),
    responses: session,
  }),
  refresh: operation({
    method: 'post',
    path: '/api/auth/refresh',
    caller: 'anyone',
    request: jsonBody(refreshRequest),
    responses: session,
  }),
  logout: operation({
    method: 'post',
    path: '/api/auth/logout',
    caller: 'anyone',
    request: jsonBody(refreshRequest),
    responses: { 204: nothing },
  }),
}

export function authRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.register, async c => c.json(await register(c.get('ctx'), c.req.valid('json'), address(c)), 200))
  app.openapi(paths.login, async c => c.json(await login(c.get('ctx'), c.req.valid('json'), address(c)), 200))
  app.openapi(paths.refresh, async c => c.json(await refresh(c.get('ctx'), c.req.valid('json')), 200))
  app.openapi(paths.logout, async c => {
    await logout(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  })
}

/** Who knocks, for the throttle. Behind a front end it is the address that the front end added last. */
function address(c: HonoContext<AppEnv>): string {
  if (c.get('ctx').settings.isBehindProxy)
    return c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? 'unknown'
  return getConnInfo(c).remote.address ?? 'unknown'
}
