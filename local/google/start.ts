import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { listen } from '../../runtime/serve.ts'
import { type GoogleOptions, googleOptionsSchema } from './config.ts'
import type { Faults } from './faults.ts'
import { certsApp } from './issuer/certs.ts'
import { tokenIssuer } from './issuer/issuer.ts'
import { loadKeys } from './issuer/keys.ts'
import { metadataApp } from './metadata/app.ts'
import { projectOf } from './project.ts'
import { startPubsub } from './pubsub/serve.ts'
import { startStorage } from './storage/serve.ts'

/** The addresses of the doubles. */
export interface GoogleAddresses {
  /** For Storage's `apiEndpoint`. */
  storageUrl: string
  /** For PUBSUB_EMULATOR_HOST. */
  pubsubHost: string
  /** The keys that ID tokens are verified with. */
  jwksUrl: string
  issuer: string
  /** By the account's name, for GCE_METADATA_HOST. */
  metadataHosts: Record<string, string>
  /** By the account's name: the environment variables with which Google's clients use that account of the doubles. */
  environments: Record<string, Record<string, string>>
}

export interface Google extends GoogleAddresses {
  /** The fault counters; may be set at run time. */
  faults: Faults
  issueIdToken: (email: string, audience: string) => Promise<string>
  close: () => Promise<void>
}

export interface Surroundings {
  clock?: () => Date
  log?: (text: string) => void
}

/**
 * Starts the doubles of Google Cloud in this process. Their state is in `dataDir`, which only one process at a time may use.
 * Rejects when a port is taken, after it has closed everything that was started.
 */
export async function startGoogle(
  options: GoogleOptions,
  { clock = () => new Date(), log = () => {} }: Surroundings = {},
): Promise<Google> {
  const { dataDir, projectId, ports, serviceAccounts, ...rest } = googleOptionsSchema.parse(options)
  const { buckets, bucketCreators, pushConcurrency, timeScale, faults } = rest
  const keys = await loadKeys(join(dataDir, 'issuer'))
  const emails = serviceAccounts.map(account => account.email)
  const issuer = tokenIssuer(keys, emails, clock)
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    await Promise.all(opened.map(closeOne => closeOne()))
  }
  const opening = async <T extends { close: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting
    opened.push(() => started.close())
    return started
  }
  const project = projectOf(projectId)
  const shared = { issuer, faults, clock, log }

  try {
    const certs = await opening(serveApp(certsApp(issuer), ports.certs))
    const storage = await opening(
      startStorage({
        ...shared,
        project,
        dataDir: join(dataDir, 'storage'),
        port: ports.storage,
        buckets,
        bucketCreators,
      }),
    )
    const pubsub = await opening(
      startPubsub({
        ...shared,
        dataDir: join(dataDir, 'pubsub'),
        port: ports.pubsub,
        projectId,
        pushConcurrency,
        timeScale,
      }),
    )
    const metadataHosts: Record<string, string> = {}
    for (const { name, email, port } of serviceAccounts) {
      const metadata = await opening(serveApp(metadataApp({ project, email, issuer }), port))
      metadataHosts[name] = `127.0.0.1:${metadata.port}`
    }
    const home = join(dataDir, 'home')
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const environmentOf = (host: string) => clientEnvironment({ host, projectId, pubsubHost: pubsub.host, home })
    return {
      storageUrl: storage.url,
      pubsubHost: pubsub.host,
      jwksUrl: `${certs.url}/oauth2/v3/certs`,
      issuer: issuer.issuer,
      metadataHosts,
      environments: Object.fromEntries(
        Object.entries(metadataHosts).map(([name, host]) => [name, environmentOf(host)]),
      ),
      faults,
      issueIdToken: issuer.idToken,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function serveApp(app: Parameters<typeof listen>[0], port: number) {
  const { url, port: bound, close } = await listen(app, { port })
  return { url, port: bound, close: () => close(0) }
}

/**
 * GCE_METADATA_HOST would suffice on a bare machine. The other variables hide a developer's own Google credentials and proxies,
 * which the clients would use first.
 */
function clientEnvironment(at: { host: string; projectId: string; pubsubHost: string; home: string }) {
  const direct = '127.0.0.1,localhost'
  return {
    GCE_METADATA_HOST: at.host,
    METADATA_SERVER_DETECTION: 'assume-present',
    GOOGLE_CLOUD_PROJECT: at.projectId,
    GOOGLE_APPLICATION_CREDENTIALS: '',
    CLOUDSDK_CONFIG: at.home,
    HOME: at.home,
    PUBSUB_EMULATOR_HOST: at.pubsubHost,
    NO_PROXY: direct,
    no_proxy: direct,
  }
}
