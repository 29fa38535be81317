import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql as fragment } from 'drizzle-orm'
import { bigint, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectDatabase } from '../../../schema/db/connect.ts'
import { MigrationError, migrate } from '../../../schema/db/migrate.ts'
import { makeDatabase } from '../../make/database.ts'

const things = pgTable('things', {
  id: text('id').primaryKey(),
  amount: bigint('amount', { mode: 'bigint' }),
  at: timestamp('at', { withTimezone: true, mode: 'date' }),
  notes: jsonb('notes').$type<{ a: number }>(),
})

const folder = mkdtempSync(join(tmpdir(), 'lmnt-migrations-'))
const empty = join(folder, 'empty')
const first = join(folder, 'first')
const second = join(folder, 'second')

function writeMigrations(path: string, statements: string[]): void {
  cpSync('schema/db/migrations/meta', join(path, 'meta'), { recursive: true })
  const entries = statements.map((_, idx) => ({ idx, version: '7', when: idx + 1, tag: `m${idx}`, breakpoints: true }))
  writeFileSync(join(path, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }))
  for (const [index, statement] of statements.entries()) writeFileSync(join(path, `m${index}.sql`), statement)
}

const create = 'CREATE TABLE things (id text PRIMARY KEY, amount bigint, at timestamptz, notes jsonb)'
writeMigrations(empty, [])
writeMigrations(first, [create])
writeMigrations(second, [create, 'ALTER TABLE things ADD more text;\n--> statement-breakpoint\nCREATE TABLE others ()'])

const test = suite('migrations and connections')
test.after(() => rmSync(folder, { recursive: true }))

test('processes that start at once apply each migration once', async () => {
  const database = await makeDatabase({ migrations: empty })
  const twins = [1, 2, 3, 4].map(() => connectDatabase({ ...database.at, applicationName: 'test', max: 1 }))
  const applied = await Promise.all(twins.map(twin => migrate(twin.sql, second)))
  assert.equal(applied.sort(), [0, 0, 0, 2])
  await Promise.all(twins.map(twin => twin.close()))
  await database.drop()
})

test('a later release applies what is new, and an earlier one leaves a newer database alone', async () => {
  const database = await makeDatabase({ migrations: first })
  assert.is(await migrate(database.sql, second), 1)
  assert.is(await migrate(database.sql, first), 0)
  assert.is((await database.sql`SELECT more FROM things`).length, 0)
  await database.drop()
})

test('a migration that fails leaves nothing behind', async () => {
  const database = await makeDatabase({ migrations: empty })
  const broken = join(folder, 'broken')
  writeMigrations(broken, [create, 'CREATE TABLE things ()'])
  const error = await migrate(database.sql, broken).catch(error => error)
  assert.match(error.message, 'already exists')
  assert.is(await migrate(database.sql, first), 1)
  await database.drop()
})

test('a migration that was edited after it had been applied is refused', async () => {
  const database = await makeDatabase({ migrations: second })
  const edited = join(folder, 'edited')
  cpSync(second, edited, { recursive: true })
  writeFileSync(join(edited, 'm0.sql'), `${readFileSync(join(edited, 'm0.sql'), 'utf8')} -- edited`)
  assert.instance(await migrate(database.sql, edited).catch(error => error), MigrationError)
  await database.drop()
})

test('bigints, dates and JSON come back as they went in, by drizzle and by SQL', async () => {
  const { db, sql, drop } = await makeDatabase({ migrations: first })
  const row = { id: 'a', amount: 2n ** 63n - 1n, at: new Date('2026-02-03T04:05:06.789Z'), notes: { a: 1 } }
  await db.insert(things).values(row)
  await sql`INSERT INTO things (id, amount, at, notes) VALUES ('b', ${row.amount}, ${row.at}, ${sql.json(row.notes)})`
  for (const read of [await db.select().from(things), await sql`SELECT id, amount, at, notes FROM things`]) {
    assert.equal([...read], [row, { ...row, id: 'b' }])
  }
  const later = await db.select().from(things).where(fragment`${things.at} >= ${row.at}`)
  assert.is(later.length, 2)
  assert.is(await db.$count(things), 2)
  await drop()
})

test('a statement that runs too long is ended by the server', async () => {
  const database = await makeDatabase({ migrations: first })
  const hasty = connectDatabase({ ...database.at, applicationName: 'test', statementTimeoutMs: 50 })
  const error = await hasty.sql`SELECT pg_sleep(5)`.catch(error => error)
  assert.match(error.message, 'statement timeout')
  await hasty.close()
  await database.drop()
})

test.run()
