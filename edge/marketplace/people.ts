import { z } from 'zod'
import { type LoginRequest, type SessionResponse, sessionResponse } from '../../schema/http/auth.ts'
import type { PrepareRequest } from '../../schema/http/preparations.ts'
import type { PrintRequest } from '../../schema/http/print-jobs.ts'
import {
  type RegisterPrinterRequest,
  type RegisterPrinterResponse,
  registerPrinterResponse,
} from '../../schema/http/printers.ts'
import type { ReceiptQuery } from '../../schema/http/purchases.ts'
import type { Ask } from './ask.ts'

/**
 * Answers that the edge only passes on: of those it reads what it needs, and leaves the rest as it is. A printer's host is
 * updated more seldom than the marketplace, and must not lose what that has learned to say.
 */
const passedThrough = z.looseObject({})
type PassedThrough = z.infer<typeof passedThrough>
const printers = z.looseObject({ printers: z.array(z.looseObject({ printer_id: z.string() })) })
const printJobs = z.looseObject({ print_jobs: z.array(z.looseObject({ status: z.string() })) })

/** What people do at the marketplace through their printer. Their own token says who they are; the marketplace judges it. */
export interface People {
  login: (request: LoginRequest) => Promise<SessionResponse>
  /** Changes a refresh token, which is good for one use, for a new session. */
  refresh: (refreshToken: string) => Promise<SessionResponse>
  logout: (refreshToken: string) => Promise<void>
  /** Its answer carries the printer's own token, and its PSEK under the CWS's key. */
  registerPrinter: (
    token: string,
    request: RegisterPrinterRequest,
    idempotencyKey?: string,
  ) => Promise<RegisterPrinterResponse>
  /** With its owner's token, or the printer's own. */
  removePrinter: (
    token: string,
    printerId: string,
    options: { isForced: boolean; signal?: AbortSignal },
  ) => Promise<void>
  printers: (token: string) => Promise<z.infer<typeof printers>['printers']>
  purchases: (token: string) => Promise<PassedThrough>
  /** The same idempotency key and request again is the same preparation, and costs nothing more. */
  prepare: (token: string, request: PrepareRequest, idempotencyKey?: string) => Promise<PassedThrough>
  print: (token: string, request: PrintRequest, idempotencyKey?: string) => Promise<PassedThrough>
  printJobs: (token: string, query: PrintJobQuery) => Promise<z.infer<typeof printJobs>['print_jobs']>
  receipt: (token: string, purchaseId: string, query: ReceiptQuery) => Promise<PassedThrough>
}

export interface PrintJobQuery {
  printer_id?: string | undefined
  purchase_id?: string | undefined
  limit?: number | undefined
}

/** A person waits for the answer, and an agent has to give one within 10 s. */
const timeoutMs = 8000

export function createPeople(ask: Ask): People {
  const get = <T extends z.ZodType>(path: string, token: string, answer: T) =>
    ask(path, answer, { method: 'GET', token, timeoutMs })
  const idempotencyHeader = (key: string | undefined) =>
    key === undefined ? {} : { headers: { 'idempotency-key': key } }

  return {
    login: body => ask('/api/auth/login', sessionResponse, { body, token: null, timeoutMs }),
    refresh: refresh_token =>
      ask('/api/auth/refresh', sessionResponse, { body: { refresh_token }, token: null, timeoutMs }),
    async logout(refresh_token) {
      await ask('/api/auth/logout', z.null(), { body: { refresh_token }, token: null, timeoutMs })
    },
    // Not cut short: an answer that comes late is still taken, and a printer that was registered is not lost.
    registerPrinter: (token, body, key) =>
      ask('/api/register-printer', registerPrinterResponse, { body, token, ...idempotencyHeader(key) }),
    async removePrinter(token, printerId, { isForced, ...rest }) {
      await ask(`/api/printers/${printerId}?force=${isForced}`, z.null(), { method: 'DELETE', token, ...rest })
    },
    printers: async token => (await get('/api/printers', token, printers)).printers,
    purchases: token => get('/api/purchases', token, passedThrough),
    prepare: (token, body, key) =>
      ask('/api/prepare', passedThrough, { body, token, timeoutMs, ...idempotencyHeader(key) }),
    print: (token, body, key) =>
      ask('/api/print', passedThrough, { body, token, timeoutMs, ...idempotencyHeader(key) }),
    printJobs: async (token, query) => (await get(`/api/print-jobs?${searchOf(query)}`, token, printJobs)).print_jobs,
    receipt: (token, purchaseId, query) => get(`/api/receipts/${purchaseId}?${searchOf(query)}`, token, passedThrough),
  }
}

function searchOf(query: object): URLSearchParams {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search
}
