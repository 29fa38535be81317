/** `npm start -- fund EMAIL AMOUNT`: pays a user of the running local marketplace from the local network's first account. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectDatabase } from '../../schema/db/connect.ts'
import { nodeAccount } from '../hedera/state.ts'
import { at, databases } from './environments.ts'
import type { Folders } from './folders.ts'
import { fund, type LedgerIds, type LedgerPlace } from './ledger.ts'
import { runningPid } from './lock.ts'
import type { Ports } from './ports.ts'
import { makeSecrets } from './secrets.ts'

const notRunning = 'The local marketplace is not running. Run "npm start" in another terminal first.'

/** Throws unless the local marketplace of these folders is running. */
export function requireRunning(folders: Folders): void {
  if (runningPid(folders) === null) throw new Error(notRunning)
}

/** Pays a user `amount` HBAR and `amount` PRINT. Returns the user's account. */
export async function fundUser(
  folders: Folders,
  { email, amount }: { email: string; amount: bigint },
): Promise<string> {
  const ports = readJson<Ports>(folders, 'ports.json')
  const ids = readJson<LedgerIds>(folders, 'ledger.json')
  if (!ports || !ids) throw new Error(notRunning)
  const accountId = await accountOf(folders, email)
  const place: LedgerPlace = {
    node: { address: `127.0.0.1:${ports.hedera}`, account: nodeAccount },
    mirrorUrl: at(ports.mirror),
    timeScale: 1,
  }
  await fund(place, await makeSecrets(folders), ids, accountId, amount)
  return accountId
}

async function accountOf(folders: Folders, email: string): Promise<string> {
  const host = `${folders.postgres}-socket`
  const applicationName = 'local-fund'
  const database = connectDatabase({ host, database: databases.bff, user: 'postgres', applicationName, max: 1 })
  try {
    const [found] = await database.sql`
      SELECT users.user_id, wallets.account_id FROM users
      LEFT JOIN wallets ON wallets.user_id = users.user_id AND wallets.purpose = 'wallet'
      WHERE users.email = ${email.trim().toLowerCase()}`
    if (!found) throw new Error(`There is no user ${email}. Register first: POST /api/auth/register.`)
    if (!found.account_id) throw new Error(`${email} has no wallet yet. Create it first: GET /api/wallet.`)
    return found.account_id
  } finally {
    await database.close()
  }
}

function readJson<T>(folders: Folders, name: string): T | undefined {
  const file = join(folders.data, name)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}
