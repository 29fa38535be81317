import { idSchema } from '../../schema/http/ids.ts'
import { printJobListQuery } from '../../schema/http/print-jobs.ts'
import type { AgentContext } from './context.ts'
import { describeJobs } from './describe-jobs.ts'
import { parseParams, userToken } from './request.ts'

const request = printJobListQuery.extend({ token: userToken, printer_id: idSchema('printer').optional() })

/**
 * The person's print jobs, newest first: by default of this printer, or of all printers when this one is not registered.
 * Errors: invalid_input, unauthenticated, marketplace_unavailable.
 */
export async function history(ctx: AgentContext, params: unknown) {
  const { token, ...query } = parseParams(request, params)
  const printer_id = query.printer_id ?? ctx.store.identity()?.printer_id
  const { people } = ctx.marketplace
  return describeJobs(people, token, people.printJobs(token, { ...query, printer_id }))
}
