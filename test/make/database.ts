import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectDatabase, type Database, type Sql } from '../../schema/db/connect.ts'
import { migrate } from '../../schema/db/migrate.ts'

export interface TestDatabase<Tables extends Record<string, unknown>> extends Database<Tables> {
  name: string
  /** What connectDatabase needs to open it once more, as another process would. */
  at: { host: string; database: string; user: string }
  /** Closes the pool and removes the database. */
  drop: () => Promise<void>
}

export interface MakeDatabase<Tables extends Record<string, unknown>> {
  /** The folder of migrations, such as `schema/db/migrations`. */
  migrations: string
  tables?: Tables
  max?: number
}

const templateLock = 7_164_000_002n

/**
 * A fresh database with these migrations, in the test run's server. It is copied from a template that is migrated once per
 * set of migrations, whichever test process comes first.
 */
export async function makeDatabase<Tables extends Record<string, unknown> = Record<string, never>>({
  migrations,
  tables,
  max = 10,
}: MakeDatabase<Tables>): Promise<TestDatabase<Tables>> {
  const server = testServer()
  const name = `test_${randomBytes(6).toString('hex')}`
  await asAdmin(async admin => {
    const template = await templateOf(admin, migrations)
    // A plain copy of its files: faster than writing all of it to the log, too.
    await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`)
  })
  const at = { ...server, database: name }
  const database = connectDatabase({ ...at, applicationName: 'test', max, ...(tables ? { tables } : {}) })
  return {
    ...database,
    name,
    at,
    drop: async () => {
      await database.close()
      await asAdmin(admin => admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`))
    },
  }
}

function testServer(): { host: string; user: string } {
  const host = process.env.LMNT_TEST_POSTGRES
  if (!host) throw new Error('No test database server: run this file by "npm test -- WORD".')
  return { host, user: 'postgres' }
}

async function asAdmin<T>(work: (admin: Sql) => PromiseLike<T>): Promise<T> {
  const admin = connectDatabase({ ...testServer(), database: 'postgres', applicationName: 'test-admin', max: 1 })
  try {
    return await work(admin.sql)
  } finally {
    await admin.close()
  }
}

/** The name of the migrated template, made by the first who asks while the others wait. `admin` has a single connection. */
async function templateOf(admin: Sql, migrations: string): Promise<string> {
  const template = `template_${hashOf(migrations)}`
  await admin`SELECT pg_advisory_lock(${templateLock})`
  try {
    const [found] = await admin`SELECT 1 FROM pg_database WHERE datname = ${template}`
    if (!found) await makeTemplate(admin, template, migrations)
  } finally {
    await admin`SELECT pg_advisory_unlock(${templateLock})`
  }
  return template
}

async function makeTemplate(admin: Sql, template: string, migrations: string): Promise<void> {
  const unfinished = `${template}_unfinished`
  await admin.unsafe(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
  await admin.unsafe(`CREATE DATABASE ${unfinished}`)
  const database = connectDatabase({ ...testServer(), database: unfinished, applicationName: 'test', max: 1 })
  await migrate(database.sql, migrations).finally(database.close)
  await admin.unsafe(`ALTER DATABASE ${unfinished} RENAME TO ${template}`)
}

function hashOf(migrations: string): string {
  const journal = readFileSync(join(migrations, 'meta/_journal.json'), 'utf8')
  const { entries } = JSON.parse(journal) as { entries: { tag: string }[] }
  const hash = createHash('sha256').update(journal)
  for (const { tag } of entries) hash.update(readFileSync(join(migrations, `${tag}.sql`)))
  return hash.digest('hex').slice(0, 12)
}
