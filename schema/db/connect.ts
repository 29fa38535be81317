import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

/** A tagged-template client whose bigints are bigints, both ways. */
export type Sql = postgres.Sql<{ bigint: bigint }>

export interface DatabaseOptions<Tables extends Record<string, unknown>> {
  /** postgres://user:password@host:port/database; or say `host` and `database`. */
  url?: string | undefined
  /** A host name, or the folder of a unix socket (which begins with a slash). */
  host?: string | undefined
  database?: string | undefined
  user?: string | undefined
  password?: string | undefined
  /** Names us in pg_stat_activity. */
  applicationName: string
  /** The most connections that the pool opens. LISTEN takes one more. */
  max?: number
  statementTimeoutMs?: number
  /** The module of the tables, for drizzle's relational queries. */
  tables?: Tables
}

export interface Database<Tables extends Record<string, unknown> = Record<string, never>> {
  db: PostgresJsDatabase<Tables>
  sql: Sql
  /** A connection of its own for LISTEN. The caller ends it. */
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
 * Opens a pool and gives it twice: `db` for drizzle, `sql` for what SQL says better.
 * Nothing is sent until the first query. A statement that runs too long, or a transaction left idle, is ended by the server.
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
 * drizzle takes the client's own conversions away, so that `sql` could neither send nor read a Date. These serve both:
 * drizzle's strings pass as they are, and its columns take a Date as well as a string.
 */
function keepTypes(sql: Sql): void {
  const { parsers, serializers } = sql.options
  parsers[timestamptz] = (text: string) => new Date(text)
  serializers[timestamptz] = (value: Date | string) => (value instanceof Date ? value.toISOString() : value)
  for (const type of jsonTypes) {
    serializers[type] = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  }
}
