import { defineConfig } from 'drizzle-kit'

/** `npm run db:generate` writes a migration for changes of the marketplace's tables. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './schema/db/bff/index.ts',
  out: './schema/db/migrations',
})
