import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  authorization: string | undefined
  subscription: string
  deliveryAttempt: number | undefined
  message: { data: string; messageId: string; publishTime: string; attributes: Record<string, string> }
}

export interface Endpoint {
  url: string
  received: Received[]
  /** The statuses of the next answers, then `otherwise`. */
  answers: number[]
  otherwise: number
  mostAtOnce: number
  close: () => Promise<void>
}

/** A service that messages are pushed to. */
export async function makeEndpoint(): Promise<Endpoint> {
  let atOnce = 0
  const server: Server = createServer(async (request: IncomingMessage, response) => {
    atOnce += 1
    endpoint.mostAtOnce = Math.max(endpoint.mostAtOnce, atOnce)
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
    endpoint.received.push({ authorization: request.headers.authorization, ...body })
    await new Promise(resolve => setImmediate(resolve))
    atOnce -= 1
    response.writeHead(endpoint.answers.shift() ?? endpoint.otherwise).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answers: [],
    otherwise: 204,
    mostAtOnce: 0,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return endpoint
}

export const textOf = ({ message }: Received) => Buffer.from(message.data, 'base64').toString()
