import { addSignatures } from '../../ledger/sign.ts'
import type { CwsContext } from '../context.ts'
import { openBlob } from '../keys/blob.ts'
import { type ActiveWallet, keyContextOf } from './wallet.ts'

/**
 * Signs as a wallet or treasury and as the operator, which pays the fee. Returns the signed transaction. The account's key is
 * in clear during this call only. Errors: key_blob_invalid, transaction_refused.
 */
export function signWithWallet(
  { keyring, operatorKey }: Pick<CwsContext, 'keyring' | 'operatorKey'>,
  bytes: Buffer,
  wallet: ActiveWallet,
): Buffer {
  const expected = keyContextOf(wallet)
  const walletKey = openBlob(keyring, wallet.wrappedKey, keyContext => keyContext === expected)
  try {
    return addSignatures(bytes, [walletKey, operatorKey])
  } finally {
    walletKey.fill(0)
  }
}
