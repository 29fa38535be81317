import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

/** A tagged-template client that reads and writes int8 as bigint. */
export type Sql = postgres.Sql<{ bigint: bigint }>

export interface DatabaseOptions<Tables extends Record<string, unknown>> {
  /** postgres://user:password@host:port/database; or set `host` and `database`. */
  url?: string | undefined
  /** A host name, or the folder of a unix socket (it begins with a slash). */
  host?: string | undefined
  database?: string | undefined
  user?: string | undefined
  password?: string | undefined
  /** Our name in pg_stat_activity. */
  applicationName: string
  /** The maximum size of the pool. */
  max?: number
  statementTimeoutMs?: number
  /** The module of the tables, for drizzle's relational queries. */
  tables?: Tables
}

export interface Database<Tables extends Record<string, unknown> = Record<string, never>> {
  db: PostgresJsDatabase<Tables>
  sql: Sql
  /** Opens a separate connection for LISTEN. The caller ends it. */
  openListener: () => Sql
  close: () => Promise<void>
}

// int8 in raw SQL becomes a bigint: its default is a string, and a number would lose tinybars.
const bigint = {
  to: 20,
  from: [20],
  serialize: (value: bigint) => value.toString(),
  parse: (text: string) => BigInt(text),
}
const timestamptz = 1184
const jsonTypes = [114, 3802]

/**
 * Opens a pool, which drizzle (`db`) and raw SQL (`sql`) share. Nothing is sent until the first query. The server ends a statement
 * that runs too long and a transaction that stays idle.
 */
export function connectDatabase<Tables extends Record<string, unknown> = Record<string, never>>(
  options: DatabaseOptions<Tables>,
): Database<Tables> {
  const { url, host, database, user, password, applicationName, max = 10, statementTimeoutMs = 15_000 } = options
  const settings = {
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    connect_timeout: 10,
    types: { bigint },
    onnotice: () => {},
    connection: {
      application_name: applicationName,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 30_000,
    },
  }
  const open = (more: { max: number }): Sql =>
    url === undefined ? postgres({ ...settings, ...more }) : postgres(url, { ...settings, ...more })
  const sql = open({ max })
  const db = options.tables ? drizzle(sql, { schema: options.tables }) : drizzle(sql)
  keepTypes(sql)
  return {
    db: db as PostgresJsDatabase<Tables>,
    sql,
    openListener: () => open({ max: 1 }),
    close: () => sql.end({ timeout: 5 }),
  }
}

/**
 * drizzle removes the client's conversions, so that `sql` could neither send nor read a Date. These conversions work for both:
 * strings from drizzle pass unchanged, and columns accept a Date as well as a string.
 */
function keepTypes(sql: Sql): void {
  const { parsers, serializers } = sql.options
  parsers[timestamptz] = (text: string) => new Date(text)
  serializers[timestamptz] = (value: Date | string) => (value instanceof Date ? value.toISOString() : value)
  for (const type of jsonTypes) {
    serializers[type] = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  }
}
