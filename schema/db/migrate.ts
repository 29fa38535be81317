import { readMigrationFiles } from 'drizzle-orm/migrator'
import type { Sql } from './connect.ts'

// Any number will do as long as nothing else in the same database locks it.
const migrationLock = 7_164_000_001n

/** The database holds a migration that these files do not tell the same way: someone edited one after it was applied. */
export class MigrationError extends Error {}

/**
 * Brings a database up to the migrations of `folder` (drizzle-kit's), and returns how many it applied.
 * All of them go in one transaction, under a lock: several processes may start at once, and a migration that fails leaves
 * nothing behind. A database that is newer than the files is left alone, so that a release can be rolled back.
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
