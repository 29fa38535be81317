import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { timestamp } from '../ids.ts'
import { entity, found, page, read, transactionId } from './input.ts'
import { accountShape, blockShape, holdingShape, tokenShape, tokensShape, transactionShape } from './shapes.ts'
import { topicRoutes } from './topics.ts'
import { lastBlock, type View } from './view.ts'

/** The mirror's REST API, as far as we ask it. */
export function mirrorApp(view: () => View): Hono {
  const app = new Hono().basePath('/api/v1')

  app.get('/transactions', c => {
    const { limit, order } = read(page, { order: 'desc', ...c.req.query() }, 'limit or order')
    const { state, hasSeen } = view()
    const seen = state.order.filter(hasSeen)
    if (order === 'desc') seen.reverse()
    return c.json({ links: { next: null }, transactions: seen.slice(0, limit).map(transactionShape) })
  })

  app.get('/transactions/:id', c => {
    const id = read(transactionId, c.req.param('id'), 'transactionId')
    const { state, hasSeen } = view()
    const record = found(state.records.get(id))
    return c.json({ transactions: [transactionShape(found(hasSeen(record) ? record : undefined))] })
  })

  app.get('/accounts/:id', c => {
    const id = read(entity, c.req.param('id'), 'idOrAliasOrEvmAddress')
    const { state, untilNs } = view()
    return c.json(accountShape(found(state.accounts.get(id)), untilNs))
  })

  app.get('/accounts/:id/tokens', c => {
    const id = read(entity, c.req.param('id'), 'idOrAliasOrEvmAddress')
    const wanted = c.req.query('token.id')
    const tokenId = wanted === undefined ? undefined : read(entity, wanted, 'token.id')
    const { state } = view()
    const tokens = [...found(state.accounts.get(id)).holdings]
      .filter(([token]) => tokenId === undefined || token === tokenId)
      .map(([token, holding]) => holdingShape(found(state.tokens.get(token)), holding))
    return c.json({ tokens, links: { next: null } })
  })

  app.get('/tokens/:id', c => {
    const id = read(entity, c.req.param('id'), 'tokenId')
    return c.json(tokenShape(found(view().state.tokens.get(id))))
  })

  app.get('/balances', c => {
    const id = read(entity, c.req.query('account.id'), 'account.id')
    const { state, untilNs } = view()
    const account = state.accounts.get(id)
    const balances = account
      ? [{ account: account.id, balance: Number(account.tinybar), tokens: tokensShape(account) }]
      : []
    return c.json({ timestamp: timestamp(untilNs), balances, links: { next: null } })
  })

  app.get('/blocks', c => c.json({ blocks: [blockShape(lastBlock(view()))], links: { next: null } }))

  app.route('/topics', topicRoutes(view))

  app.notFound(c => c.json(messages('Not found'), 404))
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json(messages(error.message), error.status)
    return c.json(messages('Internal server error'), 500)
  })
  return app
}

function messages(message: string) {
  return { _status: { messages: [{ message }] } }
}
