import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { call } from '../../runtime/call.ts'
import { cwsClient } from '../../runtime/cws.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import { problemContentType, toProblem } from '../../schema/http/problem.ts'

const test = suite<{ server: Server; url: string }>('a call to another service of ours')

test.before(async context => {
  // Takes nobody's token.
  context.server = createServer((_, response) => {
    const problem = toProblem(new AppError('unauthenticated', 'The grant is over.'), 'req_1')
    response.writeHead(problem.status, { 'content-type': problemContentType }).end(JSON.stringify(problem))
  })
  await new Promise<void>(resolve => context.server.listen(0, '127.0.0.1', resolve))
  context.url = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}`
})
test.after(({ server }) => {
  server.closeAllConnections()
  server.close()
})

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  )

test('a token of the caller that is not taken is told as that', async ({ url }) => {
  const made = call({ url, body: {}, answer: z.unknown(), timeoutMs: 5000, unavailable: 'unavailable' })
  assert.is(await codeOf(made), 'unauthenticated')
})

test('our own token that is not taken is no reason for a person to log in again', async ({ url }) => {
  const made = call({
    url,
    body: {},
    answer: z.unknown(),
    timeoutMs: 5000,
    unavailable: 'unavailable',
    isOwnToken: true,
  })
  assert.is(await codeOf(made), 'unavailable')
  const cws = cwsClient(url, async () => ({}))
  assert.is(await codeOf(cws.encrypt(Buffer.alloc(32), 'printer:printer_1' as never)), 'cws_unavailable')
})

test('an answer without end, or of too many values, counts as none', async () => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    'bytes without end': response => {
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const more = () => response.write(piece, error => error ?? setImmediate(more))
      more()
    },
    'values without end': response => response.end(`[${'1,'.repeat(200_000)}1]`),
    depth: response => response.end('['.repeat(1000) + ']'.repeat(1000)),
    'a refusal of many values': response => response.writeHead(500).end(`[${'1,'.repeat(5000)}1]`),
  }
  for (const [what, answer] of Object.entries(answers)) {
    const server = createServer((_, response) => answer(response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const made = call({ url, body: {}, answer: z.unknown(), timeoutMs: 20_000, unavailable: 'unavailable' })
    assert.is(await codeOf(made), 'unavailable', what)
    server.closeAllConnections()
    server.close()
  }
})

test.run()
