import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Ledger } from '../ledger/connect.ts'
import type { Log } from '../runtime/log.ts'
import { AppError } from '../schema/http/errors.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Grant } from './grant.ts'
import type { Keyring } from './keys/keyring.ts'
import type { OperatorKey } from './keys/operator-key.ts'

export type CwsDatabase = PostgresJsDatabase
/** A database or a transaction in it. */
export type Queryable = Pick<CwsDatabase, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

/** What an operator decides; main.ts reads it from the environment. */
export interface CwsSettings {
  /** Pays the network's fees: every transaction that we sign is its. */
  operatorId: string
  /** The only topic whose messages we sign. */
  topicId: string
  /** The most that may leave one account in a currency from midnight to midnight UTC. Without PRINT none of it moves. */
  dailyCaps: { hbar: bigint; print?: bigint | undefined }
  /** The token PRINT; without it accounts hold HBAR only. */
  printTokenId: string | undefined
  /** How many times keys are opened for one job, restarts and lost answers included. */
  openingsPerJob: number
  bffServiceAccount: string
  /** Runs the operator's commands of the marketplace: it alone may ask for refunds. Without it there are none. */
  operatorServiceAccount: string | undefined
  slicerServiceAccount: string
}

/** What the service is made of. */
export interface CwsParts {
  db: CwsDatabase
  clock: () => Date
  random: RandomBytes
  keyring: Keyring
  operatorKey: OperatorKey
  ledger: Ledger
  settings: CwsSettings
}

/** Who asks: a service of ours by its account, or whoever holds a grant. */
export type Caller = { kind: 'service'; email: string } | { kind: 'grant'; grant: Grant }

/** What a verb gets: the parts, and the call it answers. */
export interface CwsContext extends CwsParts {
  caller: Caller
  log: Log
  /** Notes for the audit log what the call is about, as soon as the verb knows. */
  concerns: (subject: string) => void
}

/** Lets only these service accounts through; one that is not configured is nobody's. */
export function requireService(ctx: Pick<CwsContext, 'caller'>, ...emails: (string | undefined)[]): void {
  if (ctx.caller.kind === 'service' && emails.includes(ctx.caller.email)) return
  throw new AppError('forbidden', 'Your service account may not do this.')
}

/** Lets only the holder of a grant through. */
export function requireGrant(ctx: Pick<CwsContext, 'caller'>): Grant {
  if (ctx.caller.kind === 'grant') return ctx.caller.grant
  throw new AppError('forbidden', 'This needs a grant (cws_token).')
}
