import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { HttpAnswer } from '../schema/http/answer.ts'

export interface HttpRequest {
  method: string
  headers: Record<string, string>
  body?: string | Buffer
  /** Ends the request, and the reading of its answer. */
  signal: AbortSignal
  /** How long the connection may be silent, before and within the answer; five minutes by default. */
  silenceMs?: number
}

const longestSilenceMs = 5 * 60_000

/**
 * One HTTP request. Resolves with the headers of the answer, whose body the caller has to read or end. Redirects are answers, too.
 * Not `fetch`: loading it takes 11 MB, a fifth of the edge's memory. Rejects when there is no answer.
 */
export async function sendRequest(url: string, options: HttpRequest): Promise<HttpAnswer> {
  try {
    return await send(url, options)
  } catch (error) {
    // The other side closed a connection that was kept open, while we sent. Another one may be as old: this time a new one.
    if (!(error instanceof StaleConnection)) throw error
    return send(url, { ...options, isOnNewConnection: true })
  }
}

class StaleConnection extends Error {}

function send(
  url: string,
  {
    method,
    headers,
    body,
    signal,
    silenceMs = longestSilenceMs,
    isOnNewConnection = false,
  }: HttpRequest & { isOnNewConnection?: boolean },
): Promise<HttpAnswer> {
  const agent = isOnNewConnection ? { agent: false as const } : {}
  const open = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const sent = open(url, { method, headers, signal, ...agent }, message => resolve(answerOf(message)))
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted
      reject(isStale ? new StaleConnection('the connection was closed', { cause: error }) : error)
    })
    // A host that is gone closes no connection: without a limit, a download would wait for its next byte forever.
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(`the connection was silent for ${silenceMs / 1000} s`)))
    sent.end(body)
  })
}

function answerOf(message: IncomingMessage): HttpAnswer {
  const { statusCode: status = 0, headers } = message
  // An answer that breaks off while nobody reads it; a reader gets the error by itself.
  message.on('error', () => {})
  const isEmpty = status === 204 || status === 304
  if (isEmpty) message.resume()
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: name => headers[name]?.toString() ?? null },
    body: isEmpty ? null : message,
  }
}
