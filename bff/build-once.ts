import type { Queryable } from './context.ts'

/**
 * Builds a frequent query once for each database: drizzle takes longer to build a query than PostgreSQL to answer it. `build` ends
 * with `.prepare(name)` and has a `sql.placeholder` for each value that differs between requests.
 */
export function buildOnce<Query>(build: (db: Queryable) => Query): (db: Queryable) => Query {
  const built = new WeakMap<Queryable, Query>()
  return db => {
    const known = built.get(db)
    if (known) return known
    const query = build(db)
    built.set(db, query)
    return query
  }
}
