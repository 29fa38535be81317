import type { ModelResponse } from '../../schema/http/models.ts'
import type { Overrides } from '../../schema/http/overrides.ts'
import type { PatientClient } from './marketplace.ts'

/** The people of a run and what they share. */
export interface Population {
  /** Part of every name in the run, so that no other run has the same names. */
  stamp: string
  people: Person[]
  publications: Publication[]
  /** Called when a person has outlasted a slice, before its renewal. */
  onExpiry: () => void
}

/** The designer's requests to publish, and their results. */
export interface Publication {
  title: string
  /** Null while unknown. */
  model: ModelResponse | null
}

/** A buyer with a wallet, a profile and a printer. */
export interface Person {
  name: string
  /** The index of the person's printer. */
  index: number
  userId: string
  token: string
  accountId: string
  /** The number of registrations, each with its own Idempotency-Key. */
  registers: number
  printerId: string
  profileId: string
  client: PatientClient
  /** The money at the beginning: this amount of HBAR and the same of PRINT. */
  funded: bigint
  /** The number of requested purchases, each with its own Idempotency-Key. */
  buys: number
  purchases: string[]
  jobs: string[]
  /** The accepted requests to prepare. */
  prepared: { preparationId: string; overrides: Overrides }[]
  /** The time (performance.now()) until which the client retries. */
  until: number
}
