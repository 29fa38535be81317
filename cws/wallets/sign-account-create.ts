import { addSignatures } from '../../ledger/sign.ts'
import type { CwsContext } from '../context.ts'
import type { Wallet } from './wallet.ts'

/** Builds and signs the transaction that creates an empty account for a public key. The operator pays the fee. Sends nothing. */
export async function signAccountCreate(
  { ledger, operatorKey }: Pick<CwsContext, 'ledger' | 'operatorKey'>,
  publicKey: string,
): Promise<Pick<Wallet, 'transactionId' | 'signedBytes' | 'validUntil'>> {
  const { transactionId, bytes, validUntil } = await ledger.buildAccountCreate({ publicKey, initialBalance: 0n })
  return { transactionId, signedBytes: addSignatures(bytes, [operatorKey]), validUntil }
}
