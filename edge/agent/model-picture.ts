import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.model_picture)

/** A model's picture from one side: a PNG in base64. Errors: invalid_input, not_found, marketplace_unavailable. */
export async function modelPicture(ctx: AgentContext, params: unknown) {
  const { token, model_id, view } = parseParams(request, params)
  const picture = await ctx.marketplace.people.modelPicture(token, model_id, view)
  return { content_type: 'image/png', content: picture.toString('base64') }
}
