import type { z } from '@hono/zod-openapi'
import { problemContentType, problemSchema } from '../../schema/http/problem.ts'

/** The pieces of a route's description that are the same everywhere, for /openapi.json. */

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true as const, content: { 'application/json': { schema } } } }
}

export function answers<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

export const nothing = { description: 'Done; no content' }

export const problems = {
  default: {
    description: 'A problem: its `code` is stable, its `detail` is for people',
    content: { [problemContentType]: { schema: problemSchema } },
  },
}

export const bearerAuth = [{ bearer: [] }]
