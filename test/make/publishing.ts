/**
 * Publishing as a designer's page does it: the API, a bucket at Google's double behind a proxy with scripted faults, a real
 * CWS, and a slicer that opens what was stored.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { and, eq, isNull } from 'drizzle-orm'
import * as assert from 'uvu/assert'
import { googleBucket } from '../../bff/bucket/google.ts'
import { drain } from '../../bff/services/outbox/drain.ts'
import type { Slicer } from '../../bff/slicer.ts'
import { openWithGrant } from '../../runtime/cws.ts'
import { outbox, publishedModels } from '../../schema/db/bff/index.ts'
import { decryptModel } from '../../schema/gcode/model.ts'
import type { AppError } from '../../schema/http/errors.ts'
import type { InspectResponse } from '../../schema/http/slicer.ts'
import { type Asked, makeApi, requireDocumented } from './api.ts'
import { until } from './eventually.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { become, makeGoogle, makeGoogleDir, projectId } from './google.ts'
import { inspected } from './inspected.ts'
import { makeMoney } from './money.ts'

export const terms = { license_type: 'pay-per-print', price_hbar: '12.5', prints_allowed: 3 }
export const metadata = { title: 'Gear', description: 'Turns', nft_id: '0.0.1234', licenses: [terms] }
const canary = 'solid the plaintext of a model must never be seen at rest'
export const stl = Buffer.concat([Buffer.from(canary), randomBytes(300_000)])

export type Part = [name: string, value: string | Buffer]

export async function makePublishing() {
  const { dataDir, remove } = makeGoogleDir()
  const google = await makeGoogle(dataDir)
  become(google, 'writer')
  const proxy = await startFaultProxy(google.storageUrl)
  const uploadTiming = { requestMs: 2000, patienceMs: 1000, firstPauseMs: 1, longestPauseMs: 20 }
  const bucket = googleBucket({ bucketName: 'files', projectId, apiEndpoint: proxy.url, uploadTiming })

  /** The model that the slicer opened last, and the error for the next model if it is to be refused. */
  const slicer: {
    opened?: Buffer | undefined
    units?: string | null
    refusal?: AppError | undefined
    answer?: Partial<InspectResponse> | undefined
  } = {}
  const inspect: Slicer['inspect'] = async request => {
    const dek = await openWithGrant(market.cwsUrl, request.cws_token, request.stl_dek)
    const sealed = Buffer.concat(await bucket.read(request.stl_gcs_uri).toArray())
    const key = { dek, iv: Buffer.from(request.stl_iv, 'base64'), mac: Buffer.from(request.stl_mac, 'base64') }
    slicer.opened = decryptModel(sealed, key)
    if (slicer.refusal) throw slicer.refusal
    slicer.units = request.units
    return inspected({ warnings: ['open edges'], ...slicer.answer })
  }
  const market = await makeMoney({ bucket, inspect, settings: { bucketName: 'files' } })
  const { ctx, db } = market
  const api = await makeApi(market)
  const designer = await market.newUser('designer')
  const { token } = await ctx.tokens.forUser(designer.userId, 'designer')

  async function publish(parts: Part[], headers: Record<string, string> = {}) {
    const form = new FormData()
    for (const [name, value] of parts) {
      form.append(name, typeof value === 'string' ? value : new Blob([new Uint8Array(value)]))
    }
    return send(form, headers)
  }

  async function send(form: FormData, headers: Record<string, string> = {}): Promise<Asked> {
    const auth = { authorization: `Bearer ${token}` }
    const response = await fetch(`${api.url}/api/publish-model`, {
      method: 'POST',
      body: form,
      headers: { ...auth, ...headers },
    })
    const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
    requireDocumented('POST', '/api/publish-model', answer)
    return answer
  }

  /** Waits until the removals are done, and checks that database and bucket are as before. */
  async function nothingIsLeft(before: { rows: number; objects: number }): Promise<void> {
    await until(async () => {
      await drain(ctx)
      // The request's own relay may be removing one of them.
      return (await db.$count(outbox, and(eq(outbox.channel, 'delete-object'), isNull(outbox.deliveredAt)))) === 0
    })
    assert.is(await db.$count(publishedModels), before.rows)
    assert.is(objects().length, before.objects)
  }
  const objects = () => readdirSync(join(dataDir, 'storage/buckets/files/objects'))
  const state = async () => ({ rows: await db.$count(publishedModels), objects: objects().length })

  /** Sends a form piece by piece until all of it is sent or an answer comes, as a client on a slow line would. */
  function upload(headers: Record<string, string>, size: number, end?: 'break off') {
    return new Promise<{ code: string; sent: number }>((resolve, reject) => {
      const boundary = 'a-boundary'
      const request = httpRequest(`${api.url}/api/publish-model`, {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          'content-type': `multipart/form-data; boundary=${boundary}`,
        },
      })
      let sent = 0
      let isAnswered = false
      request.on('error', error => !isAnswered && reject(error))
      request.on('response', response => {
        isAnswered = true
        response
          .toArray()
          .then(pieces => resolve({ code: JSON.parse(Buffer.concat(pieces).toString()).code, sent }))
          .catch(reject)
          .finally(() => request.destroy())
      })
      request.write(`--${boundary}\r\nContent-Disposition: form-data; name="model"; filename="a.stl"\r\n\r\n`)
      const piece = Buffer.alloc(256 * 1024)
      const sendMore = () => {
        while (sent < size && !isAnswered) {
          sent += piece.length
          if (!request.write(piece)) return void request.once('drain', () => setImmediate(sendMore))
        }
        if (end) request.destroy(new Error('broken off'))
      }
      sendMore()
    })
  }

  async function close(): Promise<void> {
    await api.close()
    await market.close()
    await proxy.close()
    await google.close()
    remove()
  }

  return {
    ...market,
    api,
    bucket,
    proxy,
    slicer,
    designer,
    token,
    dataDir,
    publish,
    send,
    upload,
    state,
    nothingIsLeft,
    close,
  }
}
