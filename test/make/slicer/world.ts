/**
 * Everything around the slicer: the real clients of Cloud Storage and Pub/Sub before their doubles, and the marketplace
 * and the CWS as two small servers that answer what they would.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { type Google, startGoogle } from '../../../local/google/start.ts'
import { cloud } from '../../../local/stack/cloud.ts'
import { openWithGrant } from '../../../runtime/cws.ts'
import { idTokenVerifier, serviceHeaders } from '../../../runtime/id-token.ts'
import { silentLog } from '../../../runtime/log.ts'
import { listen } from '../../../runtime/serve.ts'
import { unwrapKey } from '../../../schema/gcode/keys.ts'
import { encryptModel } from '../../../schema/gcode/model.ts'
import { readContainer } from '../../../schema/gcode/reader.ts'
import { type DeadLetterRequest, deadLetterRequest } from '../../../schema/http/dead-letters.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import {
  type PreparationProgressRequest,
  preparationReleaseRequest,
  type StartPreparationResponse,
} from '../../../schema/http/preparations.ts'
import { problemContentType, toProblem } from '../../../schema/http/problem.ts'
import type { ProfileContents } from '../../../schema/http/profiles.ts'
import { openPush, readMessage } from '../../../schema/messages/push.ts'
import { type SlicingJob, type SlicingResult, slicingResult } from '../../../schema/messages/slicing.ts'
import { createApp } from '../../../slicer/app.ts'
import type { Context } from '../../../slicer/context.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { createLimit } from '../../../slicer/limit.ts'
import { marketplaceAt } from '../../../slicer/marketplace.ts'
import { googleStorage } from '../../../slicer/storage/google.ts'
import { become } from '../google.ts'
import { testProfile } from './profiles.ts'

export const { projectId, bucket, accounts } = cloud
const slicerUrl = 'http://slicer.test'

/** The doubles of Google, with this process as the slicer's machine. */
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

export type Marketplace = Awaited<ReturnType<typeof startMarketplace>>

/** The marketplace's two internal paths, and the keys that the CWS holds. */
export async function startMarketplace({ leaseSeconds = 120 } = {}) {
  const preparations = new Map<string, StartPreparationResponse>()
  const keys = new Map<string, Buffer>()
  const results: SlicingResult[] = []
  const state = {
    progress: [] as (PreparationProgressRequest & { at: number })[],
    /** Thrown by the next start. */
    refusesStart: undefined as AppError | undefined,
    /** Asked at each progress call. */
    isCancelled: (_told: PreparationProgressRequest): boolean => false,
    isCwsDown: false,
    starts: 0,
    /** The leases that were given back. */
    released: [] as string[],
    refusesRelease: false,
    deadLetters: [] as DeadLetterRequest[],
    isKeepingDown: false,
  }
  const grant = 'a-grant'

  const bff = new Hono()
  bff.onError(asProblem)
  bff.post('/internal/preparations/:id/start', c => {
    state.starts++
    if (state.refusesStart) throw state.refusesStart
    if (!c.req.header('authorization')) throw new AppError('unauthenticated', 'no token')
    const started = preparations.get(c.req.param('id'))
    if (!started) throw new AppError('not_found', 'no such preparation')
    // Another attempt has another lease, and another object.
    preparations.set(started.preparation_id, { ...started, ...newLease(started.preparation_id) })
    return c.json(started)
  })
  bff.post('/internal/preparations/:id/progress', async c => {
    const told: PreparationProgressRequest = await c.req.json()
    state.progress.push({ ...told, at: Date.now() })
    return c.json({ cancelled: state.isCancelled(told) })
  })
  bff.post('/internal/preparations/:id/release', async c => {
    if (state.refusesRelease) return c.text('down', 503)
    const { lease_id } = preparationReleaseRequest.parse(await c.req.json())
    state.released.push(lease_id)
    return c.body(null, 204)
  })
  bff.post('/internal/dead-letters', async c => {
    if (state.isKeepingDown) return c.text('down', 503)
    state.deadLetters.push(deadLetterRequest.parse(await c.req.json()))
    return c.body(null, 204)
  })
  bff.post('/pubsub/slicing-results', async c => {
    results.push(readMessage(slicingResult, openPush(Buffer.from(await c.req.arrayBuffer())).data))
    return c.body(null, 204)
  })

  const cws = new Hono()
  cws.onError(asProblem)
  cws.post('/ops/decrypt-data', async c => {
    if (state.isCwsDown) return c.text('down', 503)
    if (c.req.header('authorization') !== `Bearer ${grant}`) throw new AppError('unauthenticated', 'no grant')
    const key = keys.get((await c.req.json()).dataToDecrypt)
    if (!key) throw new AppError('key_blob_invalid', 'The key cannot be opened.')
    return c.json({ decryptedData: key.toString('base64') })
  })
  const [bffServer, cwsServer] = [await listen(bff), await listen(cws)]

  function newLease(preparationId: string) {
    const leaseId = randomBytes(16).toString('hex')
    return { lease_id: leaseId, gcode_gcs_uri: `gs://${bucket}/gcode/${preparationId}/${leaseId}.lmnt` }
  }

  /** A preparation that the slicer may start; gives the PSEK that its result is sealed under. */
  function addPreparation(profile: ProfileContents): { started: StartPreparationResponse; psek: Buffer } {
    const psek = randomBytes(32)
    const preparationId = newId('preparation', randomBytes)
    keys.set(`wrapped-psek-${preparationId}`, psek)
    const started: StartPreparationResponse = {
      preparation_id: preparationId,
      purchase_id: newId('purchase', randomBytes),
      printer_id: newId('printer', randomBytes),
      ...newLease(preparationId),
      lease_seconds: leaseSeconds,
      profile,
      kek_encrypted_psek: `wrapped-psek-${preparationId}`,
      cws_token: grant,
    }
    preparations.set(preparationId, started)
    return { started, psek }
  }

  return {
    bffUrl: bffServer.url,
    cwsUrl: cwsServer.url,
    grant,
    keys,
    state,
    /** What Pub/Sub has brought. */
    results,
    addPreparation,
    close: async () => {
      await bffServer.close(0)
      await cwsServer.close(0)
    },
  }
}

/** A model that was bought, to be sliced by a profile: the message, and what the marketplace answers to its start. */
export async function makeJob(google: Google, marketplace: Marketplace, file: Buffer, profile: ProfileContents) {
  const { started, psek } = marketplace.addPreparation(profile)
  const job: SlicingJob = {
    purchase_id: started.purchase_id,
    preparation_id: started.preparation_id,
    print_profile_id: newId('profile', randomBytes),
    printer_id: started.printer_id,
    ...(await storeModel(google, marketplace, file)),
  }
  return { job, started, psek }
}

/** Stores a model as the marketplace does, encrypted; gives what messages say of it. */
export async function storeModel(google: Google, marketplace: Marketplace, file: Buffer) {
  const modelId = newId('model', randomBytes)
  const [dek, iv] = [randomBytes(32), randomBytes(16)]
  const { stream, mac } = encryptModel({ dek, iv })
  const ciphertext = Buffer.concat(await Readable.from([file]).pipe(stream).toArray())
  await putObject(google, `models/${modelId}`, ciphertext)
  marketplace.keys.set(`wrapped-dek-${modelId}`, dek)
  return {
    model_id: modelId,
    stl_gcs_uri: `gs://${bucket}/models/${modelId}`,
    stl_dek: `wrapped-dek-${modelId}`,
    stl_iv: iv.toString('base64'),
    stl_mac: mac().toString('base64'),
  }
}

/** One upload as the marketplace's account, without a client: this process is the slicer's. */
export async function putObject(google: Google, name: string, content: Buffer): Promise<void> {
  const metadataUrl = `http://${google.metadataHosts.bff}/computeMetadata/v1/instance/service-accounts/default/token`
  const token = await fetch(metadataUrl, { headers: { 'metadata-flavor': 'Google' } })
  const { access_token } = (await token.json()) as { access_token: string }
  const query = `uploadType=media&name=${encodeURIComponent(name)}`
  const answer = await fetch(`${google.storageUrl}/upload/storage/v1/b/${bucket}/o?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
  })
  if (!answer.ok) throw new Error(`upload of ${name}: ${answer.status} ${await answer.text()}`)
}

export interface WorldOptions {
  engine: Engine
  leaseSeconds?: number
}

export type World = Awaited<ReturnType<typeof makeWorld>>

/** The slicer's app in this process, with everything around it. */
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
    publish: async result => {
      results.push(result)
    },
    engines: [engine],
    slices: createLimit({ atOnce: 1, waiting: 1 }),
    inspections: createLimit({ atOnce: 1, waiting: 16 }),
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
    /** As Pub/Sub does it. */
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

function asProblem(error: Error): Response {
  // What no answer of the marketplace's stands for is a fault of this file: a test that waits would not say so.
  if (!isAppError(error)) console.error(error)
  const problem = toProblem(error, 'req_test')
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': problemContentType },
  })
}
