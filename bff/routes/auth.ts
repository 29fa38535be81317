import { getConnInfo } from '@hono/node-server/conninfo'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { loginRequest, refreshRequest, registerRequest, sessionResponse } from '../../schema/http/auth.ts'
import type { AppEnv } from '../env.ts'
import { login } from '../services/auth/login.ts'
import { logout } from '../services/auth/logout.ts'
import { refresh } from '../services/auth/refresh.ts'
import { register } from '../services/auth/register.ts'
import { answers, jsonBody, nothing, problems } from './describe.ts'

const session = { 200: answers(sessionResponse, 'A session'), ...problems }

const paths = {
  register: createRoute({
    method: 'post',
    path: '/api/auth/register',
    request: jsonBody(registerRequest),
    responses: session,
  }),
  login: createRoute({ method: 'post', path: '/api/auth/login', request: jsonBody(loginRequest), responses: session }),
  refresh: createRoute({
    method: 'post',
    path: '/api/auth/refresh',
    request: jsonBody(refreshRequest),
    responses: session,
  }),
  logout: createRoute({
    method: 'post',
    path: '/api/auth/logout',
    request: jsonBody(refreshRequest),
    responses: { 204: nothing, ...problems },
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
