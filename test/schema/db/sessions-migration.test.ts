import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../bff/context.ts'
import { refresh } from '../../../bff/services/auth/refresh.ts'
import { hashToken } from '../../../bff/services/auth/session.ts'
import { migrate } from '../../../schema/db/migrate.ts'
import { makeDatabase } from '../../make/database.ts'
import { makeContext } from '../../make/market.ts'

const test = suite('sessions of an earlier version')

/** The migrations that there were before sessions had a table of their own. */
function earlierMigrations(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-earlier-'))
  cpSync('schema/db/migrations', folder, { recursive: true })
  const file = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { tag: string }[] }
  const end = journal.entries.findIndex(({ tag }) => tag.endsWith('_sessions'))
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }))
  return folder
}

test('who was logged in stays so, and the old token is good for one use', async () => {
  const earlier = earlierMigrations()
  const database = await makeDatabase({ migrations: earlier })
  const { sql } = database
  const userId = `user_${'0'.repeat(26)}`
  const tokens = ['a used refresh token of an earlier version', 'the refresh token that came after it']
  await sql`INSERT INTO users (user_id, email, password_hash, role, created_at)
    VALUES (${userId}, 'a@example.com', 'none', 'enthusiast', now())`
  for (const [index, token] of tokens.entries()) {
    await sql`INSERT INTO refresh_tokens (token_hash, user_id, family, expires_at, used_at)
      VALUES (${hashToken(token)}, ${userId}, 'a family', now() + interval '20 days', ${index === 0 ? new Date() : null})`
  }
  await migrate(sql, 'schema/db/migrations')

  const market = await makeContext()
  const ctx = { ...market.ctx, db: database.db as unknown as Context['db'] }
  const use = (refresh_token: string) => refresh(ctx, { refresh_token }).catch(error => error.code)
  const [used, current] = tokens as [string, string]
  assert.is(await use(used), 'unauthenticated')
  const next = await use(current)
  assert.is(next.user_id, userId)
  assert.is(await use(current), 'unauthenticated')
  assert.is(await use(next.refresh_token), 'unauthenticated', 'the second use ended the session')

  await database.drop()
  await market.close()
  rmSync(earlier, { recursive: true })
})

test.run()
