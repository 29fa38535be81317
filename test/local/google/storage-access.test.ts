import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGoogle, makeGoogleDir } from '../../make/google.ts'
import { bearerOf, codeOf, storageClient } from '../../make/google-storage.ts'

const test = suite('google: access to Cloud Storage')
const { dataDir, remove } = makeGoogleDir()
let now = () => new Date()
const google = await makeGoogle(dataDir, { clock: () => now() })
test.after(async () => {
  await google.close()
  remove()
})

const storageOf = (account: string) => storageClient(google, account)
const bearer = (account: string) => bearerOf(google, account)
const filesOf = async (account: string) => (await storageOf(account)).bucket('files')

test('an account may do what it was granted, and no more', async () => {
  const [writing, reading, stranger] = [await filesOf('writer'), await filesOf('reader'), await filesOf('stranger')]
  await writing.file('granted').save('text')
  await writing.file('shared/old').save('text')

  assert.is((await reading.file('granted').download())[0].toString(), 'text')
  assert.is(await codeOf(reading.file('granted').save('mine')), 403)
  assert.is(await codeOf(reading.file('new').save('mine', { resumable: false })), 403)
  assert.is(await codeOf(reading.file('granted').delete()), 403)
  assert.is(await codeOf(reading.getMetadata()), 403)

  assert.is(await codeOf(stranger.file('granted').download()), 403)
  assert.is(await codeOf(stranger.getFiles({ prefix: 'shared/' })), 403)
  await stranger.file('shared/old').save('mine')
  assert.is((await stranger.file('shared/old').download())[0].toString(), 'mine')

  const storage = await storageOf('writer')
  assert.is((await storage.bucket('files').exists())[0], true)
  assert.is(await codeOf(storage.bucket('elsewhere').file('x').download()), 404)
})

test('a bucket is made by who may, and once', async () => {
  const storage = await storageOf('writer')
  await storage.createBucket('made')
  assert.is(await codeOf(storage.createBucket('made')), 409)
  assert.is(await codeOf(storage.createBucket('..')), 400)
  assert.is(await codeOf((await storageOf('reader')).createBucket('other')), 403)
  assert.is(await codeOf(storage.bucket('made').file('x').save('x', { resumable: false })), 403, 'it grants nothing')
})

test('a request without a current access token is refused', async () => {
  const url = `${google.storageUrl}/storage/v1/b/files/o/granted`
  const statusWith = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
  const headers = await bearer('reader')
  assert.is(await statusWith(headers), 200)
  assert.is(await statusWith({}), 401)
  assert.is(await statusWith({ authorization: `${headers.authorization}x` }), 401)
  const idToken = await google.issueIdToken('reader@local-project.iam.gserviceaccount.com', google.storageUrl)
  assert.is(await statusWith({ authorization: `Bearer ${idToken}` }), 401)

  now = () => new Date(Date.now() + 3601 * 1000)
  assert.is(await statusWith(headers), 401)
  now = () => new Date()
})

test('calls that the double does not know say so', async () => {
  const headers = await bearer('writer')
  const call = (path: string, method = 'GET') =>
    fetch(`${google.storageUrl}/storage/v1/b/files/${path}`, { method, headers })
  assert.is((await call('o/granted/compose', 'POST')).status, 501)
  assert.is((await call('o?delimiter=/')).status, 400)
  assert.is((await call('o/%E0%A4%A')).status, 400)
  assert.is((await call('o/..%2f..%2fissuer%2fkeys.json?alt=media')).status, 404)
})

test.run()
