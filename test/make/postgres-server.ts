import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchPostgres } from '../../local/postgres/launch.ts'

/** One throw-away PostgreSQL for a test run; each test file makes its own database in it (make/database.ts). */
export async function startTestPostgres(): Promise<{ socketDir: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'lmnt-test-'))
  chmodSync(home, 0o711) // root runs the server as nobody, who must get through
  const postgres = await launchPostgres({ dataDir: join(home, 'pg'), isDurable: false, maxConnections: 300 })
  return {
    socketDir: postgres.socketDir,
    stop: async () => {
      await postgres.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
