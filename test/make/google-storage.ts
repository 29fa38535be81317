import { IdempotencyStrategy, Storage } from '@google-cloud/storage'
import type { Google } from '../../local/google/start.ts'
import { become } from './google.ts'

/**
 * A client with the identity of this account. Its token is fetched now, while the environment names the account's machine.
 * createWriteStream ignores useAuthWithCustomEndpoint; `universeDomain` makes it send the token.
 */
export async function storageClient(google: Google, account: string): Promise<Storage> {
  become(google, account)
  const storage = new Storage({
    apiEndpoint: google.storageUrl,
    useAuthWithCustomEndpoint: true,
    universeDomain: '127.0.0.1',
    retryOptions: { maxRetryDelay: 1, idempotencyStrategy: IdempotencyStrategy.RetryAlways },
  })
  await storage.authClient.getAccessToken()
  return storage
}

/** The header with the access token of this account. */
export async function bearerOf(google: Google, account: string): Promise<{ authorization: string }> {
  const { authClient } = await storageClient(google, account)
  return { authorization: `Bearer ${(await authClient.getAccessToken())!}` }
}

/** The code of the error that a call ends with. */
export async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )
}
