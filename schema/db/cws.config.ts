import { defineConfig } from 'drizzle-kit'

/** `npm run db:generate` writes a migration for changes of the Custodial Wallet Service's tables. */
export default defineConfig({ dialect: 'postgresql', schema: './schema/db/cws.ts', out: './schema/db/migrations-cws' })
