import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GoogleOptions } from '../../local/google/config.ts'
import { type Google, type Surroundings, startGoogle } from '../../local/google/start.ts'

/** A folder of its own for one test's doubles; `remove` takes it away. */
export function makeGoogleDir(): { dataDir: string; remove: () => void } {
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-google-'))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

export const projectId = 'local-project'
export const emailOf = (name: string) => `${name}@${projectId}.iam.gserviceaccount.com`

/** Options with three accounts: a writer and a reader of the bucket "files", and a stranger. */
export function googleOptions(dataDir: string): GoogleOptions {
  return {
    dataDir,
    projectId,
    serviceAccounts: ['writer', 'reader', 'stranger'].map(name => ({ name, email: emailOf(name) })),
    bucketCreators: [emailOf('writer')],
    buckets: [
      {
        name: 'files',
        grants: [
          { member: emailOf('writer'), role: 'objectAdmin' },
          { member: emailOf('writer'), role: 'bucketViewer' },
          { member: emailOf('reader'), role: 'objectViewer' },
          { member: emailOf('stranger'), role: 'objectAdmin', prefix: 'shared/' },
        ],
      },
    ],
  }
}

export function makeGoogle(dataDir: string, surroundings: Surroundings = {}): Promise<Google> {
  return startGoogle(googleOptions(dataDir), surroundings)
}

/** Makes Google's clients in this process use the identity of one account. */
export function become(google: Pick<Google, 'environments'>, account: string): void {
  Object.assign(process.env, google.environments[account])
}
