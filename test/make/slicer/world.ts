import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import type { Google } from '../../../local/google/start.ts'
import { cwsClient, openWithGrant } from '../../../runtime/cws.ts'
import { idTokenVerifier, serviceHeaders } from '../../../runtime/id-token.ts'
import { silentLog } from '../../../runtime/log.ts'
import { unwrapKey } from '../../../schema/gcode/keys.ts'
import { readContainer } from '../../../schema/gcode/reader.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { SlicingResult } from '../../../schema/messages/slicing.ts'
import { createApp } from '../../../slicer/app.ts'
import type { Context } from '../../../slicer/context.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { createLimit } from '../../../slicer/limit.ts'
import { marketplaceAt } from '../../../slicer/marketplace.ts'
import { openModel } from '../../../slicer/model/open-model.ts'
import { googleStorage } from '../../../slicer/storage/google.ts'
import { accounts, projectId } from './cloud.ts'
import { makeJob } from './jobs.ts'
import { startMarketplace } from './marketplace.ts'
import { testProfile } from './profiles.ts'

const slicerUrl = 'http://slicer.test'

export interface WorldOptions {
  engine: Engine
  leaseSeconds?: number
}

export type World = Awaited<ReturnType<typeof makeWorld>>

/** Makes the slicer's app in this process, with the real clients of Cloud Storage and of the marketplace. */
export async function makeWorld(google: Google, { engine, leaseSeconds = 120 }: WorldOptions) {
  const marketplace = await startMarketplace({ leaseSeconds })
  const results: SlicingResult[] = []
  const storage = googleStorage({ projectId, apiEndpoint: google.storageUrl })
  const stopping = new AbortController()
  const context: Context = {
    log: silentLog,
    clock: () => new Date(),
    random: randomBytes,
    storage,
    marketplace: marketplaceAt(marketplace.bffUrl, await serviceHeaders()),
    openKey: (grant, blob, signal) => openWithGrant(marketplace.cwsUrl, grant, blob, signal),
    // In this process, which saves each test a child process; test/slicer/open tests the child.
    openModel: (file, options) => openModel(file, options),
    wrapForCache: cwsClient(marketplace.cwsUrl, await serviceHeaders()).encrypt,
    build: 'build-of-the-test',
    publish: async result => {
      results.push(result)
    },
    engines: [engine],
    spool: { folder: tmpdir(), randomBytes, maxBytes: 2 ** 30 },
    slices: createLimit({ atOnce: 1, waiting: 1 }),
    inspections: createLimit({ atOnce: 1, waiting: 16 }),
    profiles: createLimit({ atOnce: 1, waiting: 1 }),
    stopping: stopping.signal,
  }
  const app = createApp({
    context,
    verifyIdToken: idTokenVerifier({ jwksUrl: google.jwksUrl, issuer: google.issuer, audience: slicerUrl }),
    pushServiceAccount: accounts.push,
    bffServiceAccount: accounts.bff,
  })

  async function post(path: string, body: unknown, account: string = accounts.bff, audience = slicerUrl) {
    const token = await google.issueIdToken(account, audience)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }

  return {
    context,
    app,
    marketplace,
    results,
    storage,
    post,
    /** Sends a job as Pub/Sub pushes it. */
    push: (job: unknown) => {
      const data = Buffer.from(JSON.stringify(job)).toString('base64')
      return post('/pubsub/slicing-jobs', { message: { data, messageId: '1' }, subscription: 's' }, accounts.push)
    },
    makeJob: (file: Buffer, profile = testProfile()) => makeJob(google, marketplace, file, profile),
    stop: () => stopping.abort(new AppError('unavailable', 'The slicer is stopping.')),
    exists: async (uri: string) => {
      const read = storage.read(uri, { maxBytes: 1e9, signal: new AbortController().signal })
      return read.then(
        () => true,
        () => false,
      )
    },
    close: marketplace.close,
  }
}

/** Opens a sealed object with the printer's key, as the edge does. */
export async function openSealed(sealed: Buffer, wrappedDek: string, psek: Buffer) {
  const pieces: Buffer[] = []
  const dek = unwrapKey(psek, wrappedDek)
  for await (const part of readContainer(Readable.from([sealed]), { dek })) {
    if (part.kind === 'piece') pieces.push(part.data)
    if (part.kind === 'totals') return { gcode: Buffer.concat(pieces), totals: part.totals }
  }
  throw new Error('the container has no totals')
}
