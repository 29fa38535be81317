import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.layer_picture)

/**
 * The picture of a layer of the person's preparation, one of the `previews` in prepare_status: a PNG in base64.
 * Errors: invalid_input, unauthenticated, not_found, marketplace_unavailable.
 */
export async function layerPicture(ctx: AgentContext, params: unknown) {
  const { token, preparation_id, index } = parseParams(request, params)
  const picture = await ctx.marketplace.people.layerPicture(token, preparation_id, index)
  return { content_type: 'image/png', content: picture.toString('base64') }
}
