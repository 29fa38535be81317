/** The doubles of Cloud Storage and Pub/Sub, as the slicer uses them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Google, type GoogleAddresses, startGoogle } from '../../../local/google/start.ts'
import { cloud } from '../../../local/stack/cloud.ts'
import { become } from '../google.ts'

export const { projectId, bucket, accounts } = cloud

/** Starts Google's doubles; this process then has the slicer's service account. */
export async function startCloud(): Promise<{ google: Google; close: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-slicer-'))
  const google = await startGoogle({
    dataDir,
    projectId,
    serviceAccounts: Object.entries(accounts).map(([name, email]) => ({ name, email })),
    buckets: [
      {
        name: bucket,
        grants: [
          { member: accounts.slicer, role: 'objectViewer', prefix: 'models/' },
          { member: accounts.slicer, role: 'objectAdmin', prefix: 'gcode/' },
          { member: accounts.slicer, role: 'objectAdmin', prefix: 'cache/' },
          { member: accounts.bff, role: 'objectAdmin' },
        ],
      },
    ],
  })
  become(google, 'slicer')
  return {
    google,
    close: async () => {
      await google.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The header with an access token of the account whose machine has this metadata server. */
export async function bearerAt(metadataHost: string): Promise<{ authorization: string }> {
  const url = `http://${metadataHost}/computeMetadata/v1/instance/service-accounts/default/token`
  const token = await fetch(url, { headers: { 'metadata-flavor': 'Google' } })
  const { access_token } = (await token.json()) as { access_token: string }
  return { authorization: `Bearer ${access_token}` }
}

/** Uploads an object as the marketplace's service account, by plain HTTP: the clients of this process use the slicer's. */
export async function putObject(google: GoogleAddresses, name: string, content: Buffer): Promise<void> {
  const headers = await bearerAt(google.metadataHosts.bff!)
  const query = `uploadType=media&name=${encodeURIComponent(name)}`
  const answer = await fetch(`${google.storageUrl}/upload/storage/v1/b/${bucket}/o?${query}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
  })
  if (!answer.ok) throw new Error(`upload of ${name}: ${answer.status} ${await answer.text()}`)
}
