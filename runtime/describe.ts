import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Env } from 'hono'
import { errorMeanings } from '../schema/http/error-meanings.ts'
import { type ErrorCode, errorStatus } from '../schema/http/errors.ts'
import { problemContentType, problemSchema } from '../schema/http/problem.ts'

const problemName = 'Problem'

/**
 * Describes the body of an error answer once; problemResponses refers to it. The schema is created again here: only schemas that
 * are created after the import of @hono/zod-openapi can be registered, and problem.ts may be imported earlier.
 */
export function registerProblem<E extends Env>(app: OpenAPIHono<E>): void {
  app.openAPIRegistry.register(problemName, z.object(problemSchema.shape))
}

/** What an operation answers when it refuses: each status with the codes that it can have, and what they mean. */
export function problemResponses(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map(code => errorStatus[code]))].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map(status => [status, describe([...new Set(codes)].filter(code => errorStatus[code] === status))]),
  )
}

function describe(codes: ErrorCode[]) {
  const problem = { $ref: `#/components/schemas/${problemName}` }
  const itsCode = { type: 'object' as const, properties: { code: { type: 'string' as const, enum: codes } } }
  return {
    description: codes.map(code => `\`${code}\`: ${errorMeanings[code]}`).join('\n\n'),
    content: { [problemContentType]: { schema: { allOf: [problem, itsCode] } } },
  }
}
