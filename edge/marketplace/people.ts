import { z } from 'zod'
import { type LoginRequest, type SessionResponse, sessionResponse } from '../../schema/http/auth.ts'
import { parseJson } from '../../schema/http/json.ts'
import type { PrepareRequest } from '../../schema/http/preparations.ts'
import type { PrintRequest } from '../../schema/http/print-jobs.ts'
import {
  type RegisterPrinterRequest,
  type RegisterPrinterResponse,
  registerPrinterResponse,
} from '../../schema/http/printers.ts'
import type { PurchaseRequest, ReceiptQuery } from '../../schema/http/purchases.ts'
import type { Ask, AskRaw } from './ask.ts'
import type { Form } from './form.ts'

/**
 * Answers that the edge only forwards: it parses the fields that it needs, and leaves the others unchanged. A printer's host is updated
 * less often than the marketplace, and must not drop new fields.
 */
const passedThrough = z.looseObject({})
type PassedThrough = z.infer<typeof passedThrough>
const printers = z.looseObject({ printers: z.array(z.looseObject({ printer_id: z.string() })) })
const printJob = z.looseObject({ print_job_id: z.string(), purchase_id: z.string(), status: z.string() })
const printJobs = z.looseObject({ print_jobs: z.array(printJob), next_cursor: z.string().nullable().default(null) })
const purchase = z.looseObject({ purchase_id: z.string(), model_id: z.string(), title: z.string() })
const purchases = z.looseObject({ purchases: z.array(purchase) })
const profiles = z.looseObject({ print_profiles: z.array(z.looseObject({ print_profile_id: z.string() })) })
const preparation = z.looseObject({ purchase_id: z.string(), preparation_id: z.string(), status: z.string() })

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
  /** Models for sale. */
  models: (token: string, query: object) => Promise<PassedThrough>
  model: (token: string, modelId: string) => Promise<PassedThrough>
  /** A PNG. */
  modelPicture: (token: string, modelId: string, view: string) => Promise<Buffer>
  wallet: (token: string) => Promise<PassedThrough>
  /** The same idempotency key and request buy once. */
  buy: (token: string, request: PurchaseRequest, idempotencyKey?: string) => Promise<z.infer<typeof purchase>>
  purchases: (token: string, query?: object) => Promise<z.infer<typeof purchases>>
  purchase: (token: string, purchaseId: string) => Promise<z.infer<typeof purchase>>
  profiles: (token: string) => Promise<z.infer<typeof profiles>['print_profiles']>
  /** The form has the files and the names of the presets to take. */
  addProfile: (token: string, form: Form, idempotencyKey?: string) => Promise<unknown>
  removeProfile: (token: string, profileId: string) => Promise<void>
  /** The same idempotency key and request give the same preparation, at no further cost. */
  prepare: (token: string, request: PrepareRequest, idempotencyKey?: string) => Promise<z.infer<typeof preparation>>
  prepareStatus: (token: string, purchaseId: string) => Promise<z.infer<typeof preparation>>
  cancelPrepare: (token: string, preparationId: string) => Promise<z.infer<typeof preparation>>
  /** A PNG. */
  layerPicture: (token: string, preparationId: string, index: number) => Promise<Buffer>
  print: (token: string, request: PrintRequest, idempotencyKey?: string) => Promise<PassedThrough>
  printJobs: (token: string, query: PrintJobQuery) => Promise<z.infer<typeof printJobs>>
  cancelJob: (token: string, jobId: string) => Promise<z.infer<typeof printJob>>
  /** Moves a job that waits for its printer. Returns the printer's waiting jobs in their new order. */
  moveJob: (token: string, jobId: string, position: number) => Promise<z.infer<typeof printJobs>>
  receipt: (token: string, purchaseId: string, query: ReceiptQuery) => Promise<PassedThrough>
}

export interface PrintJobQuery {
  printer_id?: string | undefined
  purchase_id?: string | undefined
  limit?: number | undefined
  cursor?: string | undefined
}

/** A person waits for the answer, and an agent has to give one within 10 s. */
const timeoutMs = 8000
/** The marketplace waits some seconds for the ledger. */
const paymentMs = 20_000
const longestPicture = 1024 * 1024
const longestAnswer = 2 * 1024 * 1024

export function createPeople(ask: Ask, askRaw: AskRaw): People {
  const get = <T extends z.ZodType>(path: string, token: string, answer: T) =>
    ask(path, answer, { method: 'GET', token, timeoutMs })
  const picture = (path: string, token: string) =>
    askRaw(path, { method: 'GET', token, timeoutMs, maxBytes: longestPicture })
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
    models: (token, query) => get(`/api/models?${searchOf(query)}`, token, passedThrough),
    model: (token, id) => get(`/api/models/${id}`, token, passedThrough),
    modelPicture: (token, id, view) => picture(`/api/models/${id}/thumbnail?view=${view}`, token),
    wallet: token => get('/api/wallet', token, passedThrough),
    buy: (token, body, key) =>
      ask('/api/purchase-model', purchase, { body, token, timeoutMs: paymentMs, ...idempotencyHeader(key) }),
    purchases: (token, query = {}) => get(`/api/purchases?${searchOf(query)}`, token, purchases),
    purchase: (token, id) => get(`/api/purchases/${id}`, token, purchase),
    profiles: async token => (await get('/api/print-profiles', token, profiles)).print_profiles,
    async addProfile(token, form, key) {
      const headers = { 'content-type': form.contentType, ...idempotencyHeader(key).headers }
      const options = { method: 'POST', token, body: form.body, timeoutMs, maxBytes: longestAnswer } as const
      const bytes = await askRaw('/api/print-profiles', { ...options, headers })
      return parseJson(bytes.toString('utf8'), { maxDepth: 16, maxValues: 100_000 })
    },
    async removeProfile(token, id) {
      await ask(`/api/print-profiles/${id}`, z.null(), { method: 'DELETE', token, timeoutMs })
    },
    prepare: (token, body, key) =>
      ask('/api/prepare', preparation, { body, token, timeoutMs, ...idempotencyHeader(key) }),
    prepareStatus: (token, id) => get(`/api/prepare-status?purchase_id=${id}`, token, preparation),
    cancelPrepare: (token, preparation_id) =>
      ask('/api/cancel-prepare', preparation, { body: { preparation_id }, token, timeoutMs }),
    layerPicture: (token, id, index) => picture(`/api/preparations/${id}/previews/${index}`, token),
    print: (token, body, key) =>
      ask('/api/print', passedThrough, { body, token, timeoutMs, ...idempotencyHeader(key) }),
    printJobs: (token, query) => get(`/api/print-jobs?${searchOf(query)}`, token, printJobs),
    cancelJob: (token, id) => ask(`/api/print-jobs/${id}/cancel`, printJob, { body: {}, token, timeoutMs }),
    moveJob: (token, id, position) =>
      ask(`/api/print-jobs/${id}/move`, printJobs, { body: { position }, token, timeoutMs }),
    receipt: (token, purchaseId, query) => get(`/api/receipts/${purchaseId}?${searchOf(query)}`, token, passedThrough),
  }
}

function searchOf(query: object): URLSearchParams {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search
}
