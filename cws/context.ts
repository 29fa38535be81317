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

/** The operator's settings, which main.ts reads from the environment. */
export interface CwsSettings {
  /** The ledger account that pays the network's fees of every transaction that we sign. */
  operatorId: string
  /** The only topic whose messages we sign. */
  topicId: string
  /** The most that may leave one account in a UTC day, in smallest units. Without a cap for PRINT, no PRINT moves. */
  dailyCaps: { hbar: bigint; print?: bigint | undefined }
  /** The id of the token PRINT. Undefined: accounts hold HBAR only. */
  printTokenId: string | undefined
  /** The most key openings for one job, including those after restarts and lost answers. */
  openingsPerJob: number
  bffServiceAccount: string
  /** Runs the marketplace's operator commands and alone may sign refunds. Undefined: no refunds. */
  operatorServiceAccount: string | undefined
  slicerServiceAccount: string
}

/** The dependencies of the service. */
export interface CwsParts {
  db: CwsDatabase
  clock: () => Date
  random: RandomBytes
  keyring: Keyring
  operatorKey: OperatorKey
  ledger: Ledger
  settings: CwsSettings
}

/** The caller: one of our services, by its service account, or the holder of a grant. */
export type Caller = { kind: 'service'; email: string } | { kind: 'grant'; grant: Grant }

/** What each operation receives: the service's dependencies and the current call. */
export interface CwsContext extends CwsParts {
  caller: Caller
  log: Log
  /** Sets the subject of the call's audit entry: the key context, wallet, job or transaction. */
  setSubject: (subject: string) => void
}

/** Requires one of these service accounts; an undefined one matches nobody. Errors: forbidden. */
export function requireService(ctx: Pick<CwsContext, 'caller'>, ...emails: (string | undefined)[]): void {
  if (ctx.caller.kind === 'service' && emails.includes(ctx.caller.email)) return
  throw new AppError('forbidden', 'This service account may not call this operation.')
}

/** Requires a grant and returns it. Errors: forbidden. */
export function requireGrant(ctx: Pick<CwsContext, 'caller'>): Grant {
  if (ctx.caller.kind === 'grant') return ctx.caller.grant
  throw new AppError('forbidden', 'This operation needs a grant (cws_token) as the bearer token.')
}
