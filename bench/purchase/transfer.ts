/** What a purchase costs at least: one transfer on the ledger and its receipt, with the marketplace's own client. */
import { randomBytes } from 'node:crypto'
import { connectLedger } from '../../ledger/connect.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { genesisAccount } from '../../local/stack/ledger.ts'
import type { Stack } from '../../local/stack/stack.ts'

const receiptMs = 10_000

export async function openTransfers({ ledger: place, ledgerIds, secrets }: Stack) {
  const ledger = await connectLedger({
    network: 'local',
    nodes: { [place.node.address]: place.node.account },
    mirrorUrl: place.mirrorUrl,
    operatorId: genesisAccount,
    clock: () => new Date(),
    random: randomBytes,
  })
  const transfers = [
    { account: genesisAccount, units: -1n },
    { account: ledgerIds.operatorId, units: 1n },
  ]
  return {
    async transfer(): Promise<void> {
      const built = await ledger.buildTransfer({ transfers, memo: 'bench' })
      await ledger.submit(addSignatures(built.bytes, [secrets.genesisKey]))
      const receipt = await ledger.receipt(built.transactionId, receiptMs)
      if (receipt.status !== 'settled') throw new Error(`The transfer ended as ${JSON.stringify(receipt)}.`)
    },
    close: () => ledger.close(),
  }
}
