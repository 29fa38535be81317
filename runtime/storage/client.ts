import type { Storage } from '@google-cloud/storage'

export interface StorageOptions {
  projectId: string
  /** Another address than Google's: locally the double's. */
  apiEndpoint?: string
}

/** Google's client of Cloud Storage. Imported only when needed: the import is the slowest part of a start. */
export async function connectStorage({ projectId, apiEndpoint }: StorageOptions): Promise<Storage> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage')
  return new Storage({
    projectId,
    // No object name is used twice, so each call may be repeated.
    retryOptions: { idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    ...(apiEndpoint ? elsewhere(apiEndpoint) : {}),
  })
}

/** The client ignores useAuthWithCustomEndpoint for uploads. For an address in its universe domain it always sends its token. */
function elsewhere(apiEndpoint: string) {
  return { apiEndpoint, useAuthWithCustomEndpoint: true, universeDomain: new URL(apiEndpoint).hostname }
}
