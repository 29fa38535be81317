import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError, listenAddress, readConfig } from '../runtime/config.ts'
import { cwsClient, openWithGrant } from '../runtime/cws.ts'
import { idTokenVerifier, serviceHeaders } from '../runtime/id-token.ts'
import { createLog, type Log } from '../runtime/log.ts'
import { onShutdown, run } from '../runtime/process.ts'
import { listen } from '../runtime/serve.ts'
import { AppError } from '../schema/http/errors.ts'
import { createApp } from './app.ts'
import { type ServiceConfig, serviceConfig } from './config.ts'
import { maxGcodeBytes } from './engines/engine.ts'
import { findEngines } from './engines/find-engines.ts'
import { createLimit } from './limit.ts'
import { marketplaceAt } from './marketplace.ts'
import { openCommand } from './open/command.ts'
import { openInChild } from './open/in-child.ts'
import { googleQueue } from './queue/google.ts'
import { requireProgram } from './require-program.ts'
import { findSandbox } from './sandbox/find.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import { googleStorage } from './storage/google.ts'

run('slicer', async () => {
  const config = readConfig(serviceConfig, process.env)
  const log = createLog('slicer', config.LOG_LEVEL)
  const projectId = config.GOOGLE_CLOUD_PROJECT
  const endpoint = config.STORAGE_API_ENDPOINT ? { apiEndpoint: config.STORAGE_API_ENDPOINT } : {}
  const queue = googleQueue({ projectId, topicName: config.TOPIC_SLICING_RESULTS })
  const stopping = new AbortController()
  const sandbox = await requireSandbox(config, log)
  const engines = await makeEngines(config, sandbox, log)
  const modelChild = requireProgram('MODEL_CHILD', config.MODEL_CHILD)
  const app = createApp({
    context: {
      log,
      clock: () => new Date(),
      random: randomBytes,
      storage: googleStorage({ projectId, ...endpoint }),
      marketplace: marketplaceAt(config.BFF_URL, await serviceHeaders()),
      openKey: (grant, blob, signal) => openWithGrant(config.CWS_URL, grant, blob, signal),
      wrapForCache: cwsClient(config.CWS_URL, await serviceHeaders()).encrypt,
      build: await buildOf(process.argv[1], config.ENGINE_CHILD, modelChild),
      publish: queue.publish,
      openModel: openInChild({
        command: openCommand(modelChild),
        sandbox,
        log,
      }),
      engines,
      spool: { folder: config.SLICER_SPOOL_DIR, randomBytes, maxBytes: maxGcodeBytes },
      slices: createLimit({ atOnce: config.SLICES_AT_ONCE, waiting: config.SLICES_WAITING }),
      inspections: createLimit({ atOnce: config.INSPECTIONS_AT_ONCE, waiting: config.INSPECTIONS_WAITING }),
      profiles: createLimit({ atOnce: config.PROFILES_AT_ONCE, waiting: config.PROFILES_WAITING }),
      stopping: stopping.signal,
    },
    verifyIdToken: idTokenVerifier({
      jwksUrl: config.GOOGLE_JWKS_URL,
      issuer: config.GOOGLE_ISSUER,
      audience: config.SLICER_URL,
    }),
    pushServiceAccount: config.PUSH_SERVICE_ACCOUNT,
    bffServiceAccount: config.BFF_SERVICE_ACCOUNT,
  })
  const listening = await listen(app, listenAddress(config))
  log.info({ url: listening.url }, `the slicer listens at ${listening.url}`)
  onShutdown(async () => {
    // A slice takes longer than the platform allows for a stop. Abort it; Pub/Sub delivers its message again.
    stopping.abort(new AppError('unavailable', 'The slicer is stopping.'))
    await listening.close()
    await queue.close()
  })
})

async function requireSandbox(config: ServiceConfig, log: Log): Promise<Sandbox> {
  const sandbox = await findSandbox()
  if (sandbox.kind === 'none') {
    if (!config.SLICER_ALLOW_UNSANDBOXED) {
      throw new ConfigError(
        'This host offers no sandbox for models and the slicing engine: install bubblewrap, allow user namespaces (unshare -rn),\n' +
          'or set SLICER_ALLOW_UNSANDBOXED=1 where you trust all models that are published.',
      )
    }
    log.warn('models are opened and sliced without a sandbox, as SLICER_ALLOW_UNSANDBOXED allows')
  }
  return sandbox
}

async function makeEngines(config: ServiceConfig, sandbox: Sandbox, log: Log) {
  const engines = await findEngines(config, sandbox, log)
  for (const { name, version } of engines) {
    log.info({ engine: name, version, sandbox: sandbox.kind, limits: sandbox.hasLimits }, 'engine')
  }
  return engines
}

/** Names the build: a hash of our own program and of its children's, each one bundled file. */
async function buildOf(...files: (string | undefined)[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) if (file) hash.update(await readFile(file))
  return hash.digest('hex').slice(0, 32)
}
