/**
 * The operator's commands for the Custodial Wallet Service, run with the service's own environment:
 *
 *     node dist/cws-operator.js create-keyring | rotate-keyring | create-operator-key | add-payee ACCOUNT [fee]
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ConfigError, readConfig } from '../runtime/config.ts'
import { run } from '../runtime/process.ts'
import { migrate } from '../schema/db/migrate.ts'
import { accountId } from '../schema/http/cws.ts'
import { audit } from './audit.ts'
import { databaseConfig, openDatabase } from './config.ts'
import { createKeyring, rotateKeyring } from './keys/keyring.ts'
import { createOperatorKey } from './keys/operator-key.ts'
import { addPayee } from './payees/add-payee.ts'

const keyringConfig = z.object({ CWS_KEYRING_FILE: z.string().min(1) })
const operatorKeyConfig = z.object({ CWS_OPERATOR_KEY_FILE: z.string().min(1) })
const payeeArguments = z.tuple([accountId]).or(z.tuple([accountId, z.literal('fee')]))

const commands: Record<string, (args: string[]) => Promise<string>> = {
  'create-keyring': async () => {
    const { CWS_KEYRING_FILE: path } = readConfig(keyringConfig, process.env)
    createKeyring(path, randomBytes, new Date())
    return `Created the keyring ${path}. Keep a copy in a safe place: without it no wrapped key can be opened.`
  },
  'rotate-keyring': async () => {
    const { CWS_KEYRING_FILE: path } = readConfig(keyringConfig, process.env)
    rotateKeyring(path, randomBytes, new Date())
    return `Added new keys to ${path}. Restart the service: it wraps with the new keys and still opens older ones.`
  },
  'create-operator-key': async () => {
    const { CWS_OPERATOR_KEY_FILE: path } = readConfig(operatorKeyConfig, process.env)
    createOperatorKey(path, randomBytes)
    return `Created the operator key ${path}.`
  },
  'add-payee': async args => {
    const parsed = payeeArguments.safeParse(args)
    if (!parsed.success) throw new ConfigError('usage: add-payee ACCOUNT [fee], with an account such as 0.0.1234')
    const [account, fee] = parsed.data
    return addPayeeAsOperator(account, fee ?? 'operator_added')
  },
}

run('cws-operator', async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new ConfigError(`usage: ${Object.keys(commands).join(' | ')}`)
  console.log(await command(args))
})

async function addPayeeAsOperator(account: string, kind: 'fee' | 'operator_added'): Promise<string> {
  const config = readConfig(databaseConfig, process.env)
  const { db, sql, close } = openDatabase(config)
  const parts = { db, clock: () => new Date() }
  try {
    await migrate(sql, config.CWS_MIGRATIONS)
    const isNew = await addPayee(parts, { accountId: account, kind, addedBy: 'operator' })
    const entry = {
      requestId: 'by hand',
      operation: 'add-payee',
      caller: { kind: 'operator' },
      subject: account,
    } as const
    await audit(parts, { ...entry, outcome: 'ok' })
    return isNew ? `Added ${account}: wallets may pay to it.` : `${account} was already on the list of payees.`
  } finally {
    await close()
  }
}
