/** The marketplace and the CWS as two small servers with the routes that the slicer calls. */
import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { listen } from '../../../runtime/serve.ts'
import { type DeadLetterRequest, deadLetterRequest } from '../../../schema/http/dead-letters.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import {
  type PreparationProgressRequest,
  preparationReleaseRequest,
  type SliceCache,
  type StartPreparationResponse,
} from '../../../schema/http/preparations.ts'
import { problemContentType, toProblem } from '../../../schema/http/problem.ts'
import type { ProfileContents } from '../../../schema/http/profiles.ts'
import { openPush, readMessage } from '../../../schema/messages/push.ts'
import { type SlicingResult, slicingResult } from '../../../schema/messages/slicing.ts'
import { bucket } from './cloud.ts'

export type Marketplace = Awaited<ReturnType<typeof startMarketplace>>

/** Starts both servers. `keys` are the wrapped keys that the CWS can open. */
export async function startMarketplace({ leaseSeconds = 120 } = {}) {
  const preparations = new Map<string, StartPreparationResponse>()
  const keys = new Map<string, Buffer>()
  const results: SlicingResult[] = []
  const state = {
    progress: [] as (PreparationProgressRequest & { at: number })[],
    /** Thrown by the next start. */
    refusesStart: undefined as AppError | undefined,
    /** Called for each progress report. */
    isCancelled: (_report: PreparationProgressRequest): boolean => false,
    isCwsDown: false,
    /** The `cache` of a start's answer. */
    cacheOf: (_started: StartPreparationResponse): SliceCache | null => null,
    /** The key contexts of calls that wrap a key. */
    wrappedFor: [] as string[],
    starts: 0,
    /** The released leases. */
    released: [] as string[],
    refusesRelease: false,
    deadLetters: [] as DeadLetterRequest[],
    refusesDeadLetters: false,
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
    return c.json({ ...started, cache: state.cacheOf(started) })
  })
  bff.post('/internal/preparations/:id/progress', async c => {
    const report: PreparationProgressRequest = await c.req.json()
    state.progress.push({ ...report, at: Date.now() })
    return c.json({ cancelled: state.isCancelled(report) })
  })
  bff.post('/internal/preparations/:id/release', async c => {
    if (state.refusesRelease) return c.text('down', 503)
    const { lease_id } = preparationReleaseRequest.parse(await c.req.json())
    state.released.push(lease_id)
    return c.body(null, 204)
  })
  bff.post('/internal/dead-letters', async c => {
    if (state.refusesDeadLetters) return c.text('down', 503)
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
  cws.post('/ops/encrypt-data', async c => {
    if (state.isCwsDown) return c.text('down', 503)
    const { dataToEncrypt, context } = await c.req.json()
    const blob = `wrapped-${randomBytes(8).toString('hex')}`
    keys.set(blob, Buffer.from(dataToEncrypt, 'base64'))
    state.wrappedFor.push(context)
    return c.json({ encryptedData: blob })
  })
  const [bffServer, cwsServer] = [await listen(bff), await listen(cws)]

  function newLease(preparationId: string) {
    const leaseId = randomBytes(16).toString('hex')
    return { lease_id: leaseId, gcode_gcs_uri: `gs://${bucket}/gcode/${preparationId}/${leaseId}.lmnt` }
  }

  /** Adds a preparation that the slicer may start. Returns the PSEK, which wraps the key of its result. */
  function addPreparation(profile: ProfileContents): { started: StartPreparationResponse; psek: Buffer } {
    const psek = randomBytes(32)
    const preparationId = newId('preparation', randomBytes)
    keys.set(`wrapped-psek-${preparationId}`, psek)
    const started: StartPreparationResponse = {
      preparation_id: preparationId,
      purchase_id: newId('purchase', randomBytes),
      printer_id: newId('printer', randomBytes),
      model_title: 'Test model',
      engine: null,
      ...newLease(preparationId),
      lease_seconds: leaseSeconds,
      profile,
      printer: null,
      overrides: {},
      kek_encrypted_psek: `wrapped-psek-${preparationId}`,
      cws_token: grant,
      cache: null,
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
    /** The results that Pub/Sub has delivered. */
    results,
    addPreparation,
    close: async () => {
      await bffServer.close(0)
      await cwsServer.close(0)
    },
  }
}

function asProblem(error: Error): Response {
  // An unexpected error is a fault of this file, which a waiting test would not show.
  if (!isAppError(error)) console.error(error)
  const problem = toProblem(error, 'req_test')
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': problemContentType },
  })
}
