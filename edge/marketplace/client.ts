import { z } from 'zod'
import { call } from '../../runtime/call.ts'
import { deadline } from '../../runtime/deadline.ts'
import { sendRequest } from '../../runtime/request.ts'
import type { HttpAnswer } from '../../schema/http/answer.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import { readBytes } from '../../schema/http/json.ts'
import { type PreparedPurchase, preparedListResponse } from '../../schema/http/preparations.ts'
import {
  type ClaimedJob,
  claimedJobResponse,
  keyGrantResponse,
  type PrintResponse,
  type ProgressRequest,
  printResponse,
  progressResponse,
  type ReportRequest,
  type ReportResponse,
  reportResponse,
} from '../../schema/http/print-jobs.ts'
import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import { type PrinterTokenResponse, printerTokenResponse } from '../../schema/http/printers.ts'
import { fromProblem } from '../../schema/http/problem.ts'
import type { Ask, AskRaw } from './ask.ts'
import { createPeople, type People } from './people.ts'
import type { Reach } from './reach.ts'

export interface MarketplaceOptions {
  url: string
  /** The printer's token; null before it is registered. */
  token: () => string | null
  /** Random for each start of the edge: the marketplace binds a claimed job to it. */
  bootNonce: string
  /** Learns from each call whether the marketplace can be reached. */
  reach: Pick<Reach, 'record'>
  /** Milliseconds since 1970, by this host's clock. */
  clock: () => number
}

export type KeyGrant = z.infer<typeof keyGrantResponse>

/** The marketplace as the edge uses it. Every call throws `marketplace_unavailable` when there is no usable answer. */
export interface Marketplace {
  people: People
  refreshPrinterToken: () => Promise<PrinterTokenResponse>
  /** Waits up to `waitS` for a job of this printer; the marketplace may answer null earlier. */
  getPrintJob: (waitS: number, signal: AbortSignal) => Promise<ClaimedJob | null>
  /** The purchases prepared for this printer, newest first; null while the list has not changed since `etag`. */
  prepared: (
    etag: string | null,
    signal: AbortSignal,
  ) => Promise<{ etag: string | null; prepared: PreparedPurchase[] } | null>
  /** Streams the bytes `from` to `to` (both included) of a job's sealed G-code. */
  download: (jobId: string, from: number, to: number, signal: AbortSignal) => AsyncIterable<Uint8Array>
  keyGrant: (jobId: string, signal: AbortSignal) => Promise<KeyGrant>
  progress: (
    jobId: string,
    progress: Omit<ProgressRequest, 'boot_nonce'>,
    signal: AbortSignal,
  ) => Promise<z.infer<typeof progressResponse>>
  report: (report: ReportRequest, signal: AbortSignal) => Promise<ReportResponse>
  /** Sends facts about the printer. Errors: not_found from an older marketplace. */
  printerFacts: (facts: PrinterFacts, signal: AbortSignal) => Promise<unknown>
  /** Orders another print of a purchase that is prepared for this printer. The same key gives the same print. */
  print: (purchaseId: string, idempotencyKey: string, signal: AbortSignal) => Promise<PrintResponse>
}

const timeoutMs = 30_000
/** The most stubs that a printer shows: the newest prepared purchases. All of their pictures are in memory at once. */
export const mostPrepared = 50
const unavailable = 'marketplace_unavailable'

/** The marketplace does not accept a token any more. */
const tokenRefusals = ['unauthenticated', 'token_expired', 'printer_revoked'] as const

const authorizationOf = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` }

export function createMarketplace(options: MarketplaceOptions): Marketplace {
  const { url, bootNonce, reach, clock } = options
  const boot_nonce = bootNonce

  const ask: Ask = async (path, answer, request) => {
    const token = options.token()
    if (request.token !== undefined) return askOnce(path, answer, request)
    return askOnce(path, answer, { ...request, token }).catch((error: unknown) => {
      // The token was renewed, and the new one used, during this request with the old one.
      const renewed = options.token()
      if (renewed === token || !isAppError(error, 'token_expired')) throw error
      return askOnce(path, answer, { ...request, token: renewed })
    })
  }

  const askOnce: Ask = async (path, answer, request) => {
    const { token = null, headers, onHeaders, ...rest } = request
    const isOwnToken = token !== null && token === options.token()
    try {
      const result = await call({
        timeoutMs,
        ...rest,
        url: url + path,
        headers: { ...authorizationOf(token), ...headers },
        answer,
        onHeaders(received) {
          recordAnswer(received)
          onHeaders?.(received)
        },
        unavailable,
      })
      if (isOwnToken) reach.record({ tokenRefusal: null })
      return result
    } catch (error) {
      recordError(error, request.signal)
      if (isOwnToken && isAppError(error, ...tokenRefusals)) reach.record({ tokenRefusal: error.code })
      throw error
    }
  }

  const askRaw: AskRaw = async (path, { token, body, headers, signal, ...rest }) => {
    const limit = deadline(rest.timeoutMs, signal)
    try {
      const response = await sendRequest(url + path, {
        method: rest.method,
        headers: { ...authorizationOf(token), ...headers },
        ...(body === undefined ? {} : { body }),
        signal: limit.signal,
      })
      if (!response.ok) throw await fromProblem(response, unavailable)
      recordAnswer(response.headers)
      return await readBytes(response, rest.maxBytes).catch((cause: unknown) => {
        throw new AppError(unavailable, 'The answer of the marketplace cannot be read.', { cause })
      })
    } catch (cause) {
      signal?.throwIfAborted()
      const error =
        cause instanceof AppError ? cause : new AppError(unavailable, 'The marketplace did not answer.', { cause })
      recordError(error, signal)
      throw error
    } finally {
      limit.clear()
    }
  }

  function recordAnswer(headers: HttpAnswer['headers']): void {
    const date = Date.parse(headers.get('date') ?? '')
    reach.record({ isReached: true, ...(Number.isNaN(date) ? {} : { clockAheadMs: clock() - date }) })
  }

  function recordError(error: unknown, signal: AbortSignal | undefined): void {
    if (!signal?.aborted) reach.record({ isReached: !isAppError(error, unavailable) })
  }

  async function prepared(knownEtag: string | null, signal: AbortSignal) {
    let etag: string | null = null
    const answer = await ask('/api/prepared', preparedListResponse.nullable(), {
      method: 'GET',
      headers: knownEtag === null ? {} : { 'if-none-match': knownEtag },
      onHeaders: headers => {
        etag = headers.get('etag')
      },
      signal,
    })
    if (!answer) return null
    const { prepared } = answer
    let cursor = answer.next_cursor
    while (cursor !== null && prepared.length < mostPrepared) {
      const next = await ask(`/api/prepared?cursor=${cursor}`, preparedListResponse, { method: 'GET', signal })
      prepared.push(...next.prepared)
      cursor = next.next_cursor
    }
    return { etag, prepared }
  }

  async function* download(jobId: string, from: number, to: number, signal: AbortSignal) {
    const address = `${url}/api/print/download-gcode?job_id=${jobId}`
    const headers = { ...authorizationOf(options.token()), range: `bytes=${from}-${to}` }
    let response: HttpAnswer
    try {
      response = await sendRequest(address, { method: 'GET', headers, signal })
    } catch (cause) {
      signal.throwIfAborted()
      reach.record({ isReached: false })
      throw new AppError(unavailable, 'The marketplace did not answer.', { cause })
    }
    if (!response.ok) throw await fromProblem(response, unavailable)
    if (response.status !== 206 || !response.body) {
      // Reads no further, which closes the connection.
      for await (const _ of response.body ?? []) break
      throw new AppError(unavailable, 'The marketplace did not answer with the requested range.')
    }
    yield* response.body
  }

  return {
    people: createPeople(ask, askRaw),
    refreshPrinterToken: () => ask('/api/printers/refresh-token', printerTokenResponse, { body: {} }),
    getPrintJob: (waitS, signal) =>
      ask(`/api/get-print-job?boot_nonce=${bootNonce}`, claimedJobResponse.nullable(), {
        method: 'GET',
        headers: { prefer: `wait=${waitS}` },
        timeoutMs: timeoutMs + waitS * 1000,
        signal,
      }),
    prepared,
    download,
    keyGrant: (id, signal) =>
      ask(`/api/print-jobs/${id}/key-grant`, keyGrantResponse, { body: { boot_nonce }, signal }),
    progress: (id, progress, signal) =>
      ask(`/api/print-jobs/${id}/progress`, progressResponse, { body: { ...progress, boot_nonce }, signal }),
    report: (report, signal) => ask('/api/report-print-status', reportResponse, { body: report, signal }),
    printerFacts: (facts, signal) => ask('/api/printer-facts', z.null(), { method: 'PUT', body: facts, signal }),
    print: (purchase_id, key, signal) =>
      ask('/api/print', printResponse, { body: { purchase_id }, headers: { 'idempotency-key': key }, signal }),
  }
}
