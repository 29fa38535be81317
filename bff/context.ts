import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Ledger } from '../ledger/connect.ts'
import type { Cws } from '../runtime/cws.ts'
import type { Log } from '../runtime/log.ts'
import { AppError } from '../schema/http/errors.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Actor } from './actor.ts'
import type { Bucket } from './bucket/bucket.ts'
import type { Publish } from './queue/publish.ts'
import type { Held } from './services/idempotency/held.ts'
import type { Inspect } from './services/model/inspect.ts'
import type { Settings } from './settings.ts'
import type { Tokens } from './tokens/tokens.ts'
import type { Wake } from './wake.ts'

export type Database = PostgresJsDatabase
/** A database or a transaction in it: what look-ups and moves take. */
export type Queryable = Pick<Database, 'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction' | '$count'>

/** All that a verb may use: made once in main.ts, with the actor added for each request. */
export interface Context {
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
  inspect: Inspect
  wake: Wake
  /** The requests with an Idempotency-Key that this process is at. */
  heldRequests: Set<Held>
  actor: Actor | null
}

export function requireUser(ctx: Pick<Context, 'actor'>): Extract<Actor, { kind: 'user' }> {
  if (ctx.actor?.kind === 'user') return ctx.actor
  throw ctx.actor
    ? new AppError('forbidden', 'This needs a person: log in.')
    : new AppError('unauthenticated', 'Log in first: send your token as "Authorization: Bearer TOKEN".')
}

/** For contracts that repeat the user in the body: it must be the token's. */
export function requireSameUser(ctx: Pick<Context, 'actor'>, userId: string): Extract<Actor, { kind: 'user' }> {
  const actor = requireUser(ctx)
  if (actor.userId !== userId) throw new AppError('forbidden', 'user_id is not the user of your token.')
  return actor
}

export function requireService(ctx: Pick<Context, 'actor'>, ...emails: string[]): void {
  if (ctx.actor?.kind === 'service' && emails.includes(ctx.actor.email)) return
  throw ctx.actor
    ? new AppError('forbidden', 'This is for services only.')
    : new AppError('unauthenticated', 'This is for services only: send your ID token.')
}

/** For what is done by hand only, from operator.ts: no request has this actor. */
export function requireOperator(ctx: Pick<Context, 'actor'>): void {
  if (ctx.actor?.kind !== 'operator') throw new AppError('forbidden', 'This is for an operator only.')
}
