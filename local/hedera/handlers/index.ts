import { associateTokens } from './associate-tokens.ts'
import { createAccount } from './create-account.ts'
import { createToken } from './create-token.ts'
import { createTopic } from './create-topic.ts'
import { freezeAccount, unfreezeAccount } from './freeze-account.ts'
import type { Handler } from './handler.ts'
import { mintToken } from './mint-token.ts'
import { submitMessage } from './submit-message.ts'
import { transfer } from './transfer.ts'

export type { Handler } from './handler.ts'

/** Each kind of transaction, by the name of its field in TransactionBody. */
export const handlers: Record<string, Handler> = {
  cryptoCreateAccount: createAccount,
  cryptoTransfer: transfer,
  consensusCreateTopic: createTopic,
  consensusSubmitMessage: submitMessage,
  tokenCreation: createToken,
  tokenMint: mintToken,
  tokenAssociate: associateTokens,
  tokenFreeze: freezeAccount,
  tokenUnfreeze: unfreezeAccount,
}
