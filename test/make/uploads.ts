import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { downloadObject } from '../../runtime/storage/download.ts'
import { storageRest } from '../../runtime/storage/rest.ts'
import { uploadObject } from '../../runtime/storage/upload.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { become, makeGoogle, makeGoogleDir } from './google.ts'

export const unit = 256 * 1024
export const pieceBytes = 2 * unit
export const bytes = randomBytes(5 * unit + 777)
// Fault by fault it is the same as in production, and sooner over.
export const timing = { requestMs: 2000, patienceMs: 20_000, firstPauseMs: 1, longestPauseMs: 20 }

export async function* pieces(of: Buffer, size = 100_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < of.length; at += size) yield of.subarray(at, at + size)
}

/** Uploads to the storage's double through a proxy with scripted faults, and looks at what is there without it. */
export async function makeUploads() {
  const { dataDir, remove } = makeGoogleDir()
  const google = await makeGoogle(dataDir)
  become(google, 'writer')
  const proxy = await startFaultProxy(google.storageUrl)
  const direct = storageRest({ apiEndpoint: google.storageUrl })
  const proxied = storageRest({ apiEndpoint: proxy.url })
  let count = 0

  return { google, proxy, direct, upload, stored, openSessions, requireWhole, requireNothing, close }

  async function close(): Promise<void> {
    await proxy.close()
    await google.close()
    remove()
  }

  /** Uploads under a fresh name. */
  async function upload(
    source: AsyncIterable<Buffer> = pieces(bytes),
    options: Partial<Parameters<typeof uploadObject>[3]> = {},
  ) {
    const name = `models/${++count}`
    const target = { bucket: 'files', name, contentType: 'application/octet-stream', metadata: { made_by: 'a test' } }
    const error = await uploadObject(proxied, target, source, { pieceBytes, timing, ...options }).then(
      () => undefined,
      (error: unknown) => error,
    )
    return { name, error }
  }

  /** What is under a name; undefined when nothing is. */
  async function stored(name: string): Promise<Buffer | undefined> {
    try {
      return Buffer.concat(await downloadObject(direct, { bucket: 'files', name }).toArray())
    } catch (error) {
      assert.is((error as { code?: unknown }).code, 404)
      return undefined
    }
  }

  function openSessions(): string[] {
    return readdirSync(join(dataDir, 'storage/uploads'))
  }

  async function requireWhole({ name, error }: { name: string; error: unknown }, of = bytes): Promise<void> {
    assert.is(error, undefined, String((error as Error | undefined)?.cause ?? error))
    assert.ok((await stored(name))?.equals(of))
  }

  async function requireNothing({ name, error }: { name: string; error: unknown }): Promise<void> {
    assert.ok(isAppError(error, 'unavailable'), String(error))
    assert.is((await stored(name))?.length, undefined)
  }
}
