import { setTimeout as sleep } from 'node:timers/promises'
import { problemSchema } from '../../schema/http/problem.ts'
import type { Trace } from './trace.ts'

/** A definite answer: what was asked for, or an error by its stable code. */
export type Answer<T> = { ok: true; body: T } | { ok: false; code: string }

/** The marketplace as a person's program sees it that does not give up: it asks again until it knows. */
export interface PatientClient {
  get: <T>(path: string) => Promise<Answer<T>>
  /** With a key: asked again after a lost answer it is still done once. */
  post: <T>(path: string, body: unknown, key?: string) => Promise<Answer<T>>
  remove: (path: string) => Promise<Answer<unknown>>
  upload: <T>(path: string, form: () => FormData, key: string) => Promise<Answer<T>>
}

const timeoutMs = 10_000
const againMs = 100
/** Answers that are none: the same question gets another one soon. */
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

/** Asks until `until` (of performance.now()); throws GaveUp then. */
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

  /** Null when nobody can tell what became of it. */
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

/** For what must not be refused. */
export function must<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.body
  throw new Error(`the marketplace answered ${answer.code}`)
}
