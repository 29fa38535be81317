import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicKeyOf } from '../../ledger/keys.ts'
import { openNetwork } from '../../local/hedera/network.ts'
import type { LedgerState } from '../../local/hedera/state.ts'
import { genesisAccount } from '../../local/stack/ledger.ts'
import type { World } from './world.ts'

/** Reads the network's own log: the transactions that were executed, whatever clients were told. */
export function readLedger({ folders, stack }: World): LedgerState {
  const copy = mkdtempSync(join(tmpdir(), 'lmnt-ledger-'))
  try {
    copyFileSync(join(folders.data, 'hedera', 'ledger.log'), join(copy, 'ledger.log'))
    const publicKey = Buffer.from(publicKeyOf(stack.secrets.genesisKey), 'hex')
    const network = openNetwork(copy, { accountId: genesisAccount, publicKey }, () => new Date())
    network.close()
    return network.state
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
