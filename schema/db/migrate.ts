import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Sql } from './connect.ts'

// An arbitrary number that nothing else in the same database locks.
const migrationLock = 7_164_000_001n

/** An applied migration differs from its file: somebody edited the file afterwards. */
export class MigrationError extends Error {}

/**
 * Applies the migrations of `folder` (drizzle-kit's) that are missing in the database, and returns how many. All are applied in
 * one transaction under a lock: several processes may start at once, and a failed migration changes nothing. A database that is
 * newer than the files is not changed, so that a release can be rolled back.
 */
export async function migrate(sql: Sql, folder: string, lockId: bigint = migrationLock): Promise<number> {
  const files = readMigrationFiles({ migrationsFolder: folder })
  return sql.begin(async tx => {
    await tx`SET LOCAL statement_timeout = '5min'`
    await tx`SELECT pg_advisory_xact_lock(${lockId})`
    await tx`CREATE TABLE IF NOT EXISTS migrations (
      number integer PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`
    const applied = await tx<{ hash: string }[]>`SELECT hash FROM migrations ORDER BY number`
    for (const [number, { hash, sql: statements }] of files.entries()) {
      const earlier = applied[number]
      if (earlier?.hash === hash) continue
      if (earlier) throw new MigrationError(`Migration ${number} of ${folder} was changed after it had been applied.`)
      for (const statement of statements) await tx.unsafe(statement)
      await tx`INSERT INTO migrations (number, hash) VALUES (${number}, ${hash})`
    }
    return Math.max(0, files.length - applied.length)
  })
}
