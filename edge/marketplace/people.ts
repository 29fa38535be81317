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
 * Answers that the edge only forwards: it parses the fields that it needs, and leaves the others unchanged. A printer's host is updated
 * less often than the marketplace, and must not drop new fields.
 */
const passedThrough = z.looseObject({})
type PassedThrough = z.infer<typeof passedThrough>
const printers = z.looseObject({ printers: z.array(z.looseObject({ printer_id: z.string() })) })
const printJobs = z.looseObject({ print_jobs: z.array(z.looseObject({ status: z.string() })) })

/** Calls that people make through their printer, each with the person's own token, which the marketplace checks. */
export interface People {
  login: (request: LoginRequest) => Promise<SessionResponse>
  /** Exchanges a refresh token, which is valid for one use, for a new session. */
  refresh: (refreshToken: string) => Promise<SessionResponse>
  logout: (refreshToken: string) => Promise<void>
  /** The answer has the printer's own token, and its PSEK encrypted with the CWS's key. */
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
  /** The same idempotency key and request give the same preparation, at no further cost. */
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
    // No short time-out: a late answer still counts, so that a registered printer is not lost.
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
