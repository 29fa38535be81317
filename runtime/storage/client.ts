import type { Storage } from '@google-cloud/storage'

export interface StorageOptions {
  projectId: string
  /** Another address than Google's: locally the double's. */
  apiEndpoint?: string
}

/** Cloud Storage's client, loaded when it is asked for: loading it takes longer than all else at a start. */
export async function connectStorage({ projectId, apiEndpoint }: StorageOptions): Promise<Storage> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage')
  return new Storage({
    projectId,
    // Names are never used twice, so that each of our calls may be sent again.
    retryOptions: { idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    ...(apiEndpoint ? elsewhere(apiEndpoint) : {}),
  })
}

/** For uploads the client forgets useAuthWithCustomEndpoint; at an address of its own universe it sends its token always. */
function elsewhere(apiEndpoint: string) {
  return { apiEndpoint, useAuthWithCustomEndpoint: true, universeDomain: new URL(apiEndpoint).hostname }
}
