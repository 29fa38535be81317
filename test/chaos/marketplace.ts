import { setTimeout as sleep } from 'node:timers/promises'
import { problemSchema } from '../../schema/http/problem.ts'
import type { Trace } from './trace.ts'

/** A definite answer: the requested value, or an error's stable code. */
export type Answer<T> = { ok: true; body: T } | { ok: false; code: string }

/** A client of the marketplace that repeats a request until it has a definite answer. */
export interface PatientClient {
  get: <T>(path: string) => Promise<Answer<T>>
  /** Sends an Idempotency-Key, so that repeating the request after a lost answer has no second effect. */
  post: <T>(path: string, body: unknown, key?: string) => Promise<Answer<T>>
  remove: (path: string) => Promise<Answer<unknown>>
  upload: <T>(path: string, form: () => FormData, key: string) => Promise<Answer<T>>
}

const timeoutMs = 10_000
const againMs = 100
/** Indefinite answers: repeating the request soon gets another one. */
const notYet = ['request_in_progress', 'too_many_requests']

export class GaveUp extends Error {}

/** Runs `work` and records its result in the trace. False when it gave up. */
export async function noteEnd({ note }: Trace, what: string, work: () => Promise<string>): Promise<boolean> {
  try {
    note(`${what}: ${await work()}`)
    return true
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error
    note(`${what}: gave up, ${error.message}`)
    return false
  }
}

/** Repeats the request until `until` (of performance.now()), then throws GaveUp. */
export function patientClient(url: string, token: string | undefined, until: () => number): PatientClient {
  const auth: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}

  async function ask<T>(path: string, init: () => RequestInit): Promise<Answer<T>> {
    for (;;) {
      const answer = await once<T>(path, init())
      if (answer) return answer
      if (performance.now() > until()) throw new GaveUp(`no answer of ${path}`)
      await sleep(againMs)
    }
  }

  /** Null when the result of the request is unknown. */
  async function once<T>(path: string, init: RequestInit): Promise<Answer<T> | null> {
    try {
      const headers = { ...auth, ...(init.headers as Record<string, string>) }
      const response = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) })
      const body: unknown = response.status === 204 ? null : await response.json()
      if (response.ok) return { ok: true, body: body as T }
      const problem = problemSchema.safeParse(body)
      if (!problem.success || response.status >= 500 || notYet.includes(problem.data.code)) return null
      return { ok: false, code: problem.data.code }
    } catch {
      return null
    }
  }

  return {
    get: path => ask(path, () => ({})),
    post: (path, body, key) =>
      ask(path, () => ({
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...(key ? keyed(key) : {}) },
      })),
    remove: path => ask(path, () => ({ method: 'DELETE' })),
    upload: (path, form, key) => ask(path, () => ({ method: 'POST', body: form(), headers: keyed(key) })),
  }
}

function keyed(key: string): Record<string, string> {
  return { 'idempotency-key': key }
}

/** Returns the value of an answer that must not be an error. */
export function must<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.body
  throw new Error(`the marketplace answered ${answer.code}`)
}
