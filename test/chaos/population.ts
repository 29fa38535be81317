import type { ModelResponse } from '../../schema/http/models.ts'
import type { PatientClient } from './marketplace.ts'

/** What the people of a run share. */
export interface Population {
  /** In every name that the run makes up: no other run has it. */
  stamp: string
  people: Person[]
  publications: Publication[]
}

/** What the designer asked for, and what came of it. */
export interface Publication {
  title: string
  /** Null as long as nobody knows. */
  model: ModelResponse | null
}

/** A buyer with a wallet, a profile and a printer. */
export interface Person {
  name: string
  /** Which printer they stand at. */
  index: number
  userId: string
  token: string
  accountId: string
  /** How often a printer was registered, each time under a key of its own. */
  registers: number
  printerId: string
  profileId: string
  client: PatientClient
  /** So many HBAR, and so many PRINT. */
  funded: bigint
  /** How often a purchase was asked for, each under a key of its own. */
  buys: number
  purchases: string[]
  jobs: string[]
  /** Until when (performance.now()) it is patient. */
  until: number
}
