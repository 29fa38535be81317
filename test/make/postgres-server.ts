import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchPostgres, makeCluster } from '../../local/postgres/launch.ts'

/** One throw-away PostgreSQL for a test run; each test file makes its own database in it (make/database.ts). */
export async function startTestPostgres(): Promise<{ socketDir: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'lmnt-test-'))
  chmodSync(home, 0o711) // root runs the server as nobody, who must get through
  const dataDir = join(home, 'pg')
  copyEmptyCluster(dataDir)
  const postgres = await launchPostgres({ dataDir, isDurable: false, maxConnections: 300 })
  return {
    socketDir: postgres.socketDir,
    stop: async () => {
      await postgres.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/**
 * Puts a new database cluster into this folder where there is none: a copy of the run's first, since initdb takes most of a second
 * of CPU. Without a run of tests it does nothing, and the launch makes the cluster.
 */
export function copyEmptyCluster(dataDir: string): void {
  const shared = process.env.LMNT_TEST_SHARED
  if (!shared || existsSync(dataDir)) return
  const empty = join(shared, 'empty-cluster')
  // The run's own database comes first, before any file that could make it at the same time.
  makeCluster(empty)
  execFileSync('cp', ['-a', empty, dataDir])
}
