import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Ledger } from '../ledger/connect.ts'
import type { Cws } from '../runtime/cws.ts'
import type { Log } from '../runtime/log.ts'
import type { ledgerTransactions, outbox } from '../schema/db/bff/index.ts'
import { AppError, type ErrorCode } from '../schema/http/errors.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Actor } from './actor.ts'
import type { Bucket } from './bucket/bucket.ts'
import type { LeasedRequest } from './leased-request.ts'
import type { Publish } from './queue/publish.ts'
import type { Settings } from './settings.ts'
import type { Slicer } from './slicer.ts'
import type { HasEngine } from './slicer-engines.ts'
import type { Tokens } from './tokens/tokens.ts'
import type { Wake } from './wake.ts'

export type Database = PostgresJsDatabase
/** The parameter of look-ups and moves: a database, or a transaction in it. */
export type Queryable = Pick<
  Database,
  'select' | 'selectDistinctOn' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction' | '$count'
>

type LedgerTransaction = typeof ledgerTransactions.$inferSelect
type OutboxRow = typeof outbox.$inferSelect

/** Why a payment has failed: the code, and a message for the user. */
export interface Failure {
  code: ErrorCode
  message: string
}

/**
 * Functions that a folder of services/ calls in another folder without importing it; services/handlers.ts fills them in. Those with
 * `tx` run in that database transaction.
 */
export interface Handlers {
  /** Starts the delivery of the outbox after a commit. */
  afterCommit: () => void
  /** Apply the end of a ledger transaction to its subject. */
  payments: Record<
    LedgerTransaction['kind'],
    {
      settled: (ctx: Context, tx: Queryable, row: LedgerTransaction) => Promise<void>
      failed: (ctx: Context, tx: Queryable, row: LedgerTransaction, failure: Failure) => Promise<void>
    }
  >
  /** Deliver a row of the outbox; `later`: other code will mark the row as delivered. */
  deliveries: Record<OutboxRow['channel'], (ctx: Context, row: OutboxRow) => Promise<'delivered' | 'later'>>
  /** Queues a print of a preparation that has just completed. Returns the reason if it cannot be printed. */
  printPreparation: (
    ctx: Context,
    tx: Queryable,
    of: { purchaseId: string; printerId: string },
  ) => Promise<string | null>
  /** Ends the queued jobs and the preparations of a printer that is being removed; with `force` also active jobs. */
  onPrinterRemoved: (ctx: Context, tx: Queryable, printerId: string, options: { force: boolean }) => Promise<void>
}

/** Everything that a verb uses. Made once in parts.ts; each request adds its actor. */
export interface Context extends Slicer {
  db: Database
  clock: () => Date
  random: RandomBytes
  log: Log
  settings: Settings
  tokens: Tokens
  cws: Cws
  ledger: Ledger
  bucket: Bucket
  publish: Publish
  hasEngine: HasEngine
  wake: Wake
  /** The requests with an Idempotency-Key that this process is handling. */
  leasedRequests: Set<LeasedRequest>
  handlers: Handlers
  actor: Actor | null
}

export function requireUser(ctx: Pick<Context, 'actor'>): Extract<Actor, { kind: 'user' }> {
  if (ctx.actor?.kind === 'user') return ctx.actor
  throw ctx.actor
    ? new AppError('forbidden', 'Only a user may do this. Log in.')
    : new AppError('unauthenticated', 'Log in, then send your token as "Authorization: Bearer TOKEN".')
}

/** For requests whose body repeats the user: it must be the user of the token. */
export function requireSameUser(ctx: Pick<Context, 'actor'>, userId: string): Extract<Actor, { kind: 'user' }> {
  const actor = requireUser(ctx)
  if (actor.userId !== userId) throw new AppError('forbidden', 'user_id is not the user of your token.')
  return actor
}

export function requireService(ctx: Pick<Context, 'actor'>, ...emails: string[]): void {
  if (ctx.actor?.kind === 'service' && emails.includes(ctx.actor.email)) return
  throw ctx.actor
    ? new AppError('forbidden', 'Only the marketplace’s own services may do this.')
    : new AppError('unauthenticated', 'This is for services only: send your ID token.')
}

/** For commands of operator.ts only: no request has this actor. */
export function requireOperator(ctx: Pick<Context, 'actor'>): void {
  if (ctx.actor?.kind !== 'operator') throw new AppError('forbidden', 'Only an operator may do this.')
}
