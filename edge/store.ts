import { join } from 'node:path'
import { z } from 'zod'
import { idSchema } from '../schema/http/ids.ts'
import { type Changes, createChanges } from './changes.ts'
import { readJson, removeDurable, writeDurable } from './durable.ts'
import { createTurns } from './in-turn.ts'

export const identitySchema = z.object({
  marketplace_url: z.string(),
  printer_id: idSchema('printer'),
  user_id: idSchema('user'),
  name: z.string(),
  /** The PSEK encrypted with the CWS's key: useless without a grant. */
  kek_encrypted_psek: z.string(),
  printer_token: z.string(),
  /** Milliseconds since 1970, by this host's clock. */
  token_issued_at: z.number(),
  token_expires_in_s: z.number(),
})

/** This printer's registration at the marketplace. */
export type Identity = z.infer<typeof identitySchema>

export interface Store {
  /** Null until the printer is registered. */
  identity: () => Identity | null
  /** Replaces it on the disk, then in memory. Call it only with an identity that the marketplace has answered with. */
  save: (identity: Identity) => Promise<void>
  /** Saves a new token of this printer. A token of an earlier registration is ignored. */
  renew: (
    printerId: string,
    token: Pick<Identity, 'printer_token' | 'token_issued_at' | 'token_expires_in_s'>,
  ) => Promise<void>
  /** Removes the identity from the disk, then from memory. */
  clear: () => Promise<void>
  changes: Changes
}

/** The 0600 file with the printer's identity. An identity at another marketplace than the configured one counts as none. */
export async function openStore(dataDir: string, marketplaceUrl: string): Promise<Store> {
  const path = join(dataDir, 'printer.json')
  const changes = createChanges()
  const inTurn = createTurns()
  let identity = await readJson(path, identitySchema)

  async function write(next: Identity): Promise<void> {
    await writeDurable(path, `${JSON.stringify(next, null, 2)}\n`)
    identity = next
    changes.emit()
  }

  return {
    identity: () => (identity?.marketplace_url === marketplaceUrl ? identity : null),
    save: next => inTurn(() => write(next)),
    renew: (printerId, token) =>
      inTurn(async () => {
        if (identity?.printer_id === printerId) await write({ ...identity, ...token })
      }),
    clear: () =>
      inTurn(async () => {
        await removeDurable(path)
        identity = null
        changes.emit()
      }),
    changes,
  }
}
