import type { Database } from './context.ts'

/**
 * A query that is built once for each database, for what many requests send: drizzle takes longer to build a query than
 * PostgreSQL to answer it. `build` ends with `.prepare(name)`, and names what differs from request to request by `sql.placeholder`.
 */
export function buildOnce<Query>(build: (db: Database) => Query): (db: Database) => Query {
  const built = new WeakMap<Database, Query>()
  return db => {
    const known = built.get(db)
    if (known) return known
    const query = build(db)
    built.set(db, query)
    return query
  }
}
