import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSigningKey } from '../../bff/tokens/keys.ts'
import { createKeyring } from '../../cws/keys/keyring.ts'
import { createOperatorKey, readOperatorKey } from '../../cws/keys/operator-key.ts'
import type { Folders } from './folders.ts'

export interface Secrets {
  keyringFile: string
  operatorKeyFile: string
  tokenKeyFile: string
  /** Raw Ed25519 keys, for setting up the local ledger only: the services never see genesis. */
  genesisKey: Buffer
  operatorKey: Buffer
  feeKey: Buffer
}

/** Creates the missing keys of the local marketplace, each in a file of mode 0600 in its service's format. */
export async function makeSecrets(folders: Folders): Promise<Secrets> {
  const file = (name: string) => join(folders.secrets, name)
  const keyringFile = file('cws-keyring.json')
  const tokenKeyFile = file('bff-token-key.json')
  if (!existsSync(keyringFile)) createKeyring(keyringFile, randomBytes, new Date())
  if (!existsSync(tokenKeyFile)) await createSigningKey(tokenKeyFile, randomBytes(8).toString('hex'))
  return {
    keyringFile,
    tokenKeyFile,
    operatorKeyFile: ledgerKey(file('operator.key')),
    operatorKey: readOperatorKey(file('operator.key')),
    genesisKey: readOperatorKey(ledgerKey(file('genesis.key'))),
    feeKey: readOperatorKey(ledgerKey(file('fee.key'))),
  }
}

function ledgerKey(path: string): string {
  if (!existsSync(path)) createOperatorKey(path, randomBytes)
  // Read once here, so that a damaged file is reported before a service ends because of it.
  if (readFileSync(path).length === 0)
    throw new Error(`${path} is empty. Create all keys again with: npm start -- --reset`)
  return path
}
