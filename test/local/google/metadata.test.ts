import { statSync } from 'node:fs'
import { join } from 'node:path'
import { GoogleAuth } from 'google-auth-library'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { idTokenVerifier } from '../../../runtime/id-token.ts'
import { become, emailOf, makeGoogle, makeGoogleDir, projectId } from '../../make/google.ts'

const test = suite('google: metadata server')
const { dataDir, remove } = makeGoogleDir()
let google = await makeGoogle(dataDir)
test.after(async () => {
  await google.close()
  remove()
})

const metadata = (path: string, headers: Record<string, string> = { 'metadata-flavor': 'Google' }) =>
  fetch(`http://${google.metadataHosts.writer}/computeMetadata/v1/${path}`, { headers })

test('the clients find the account and the project with GCE_METADATA_HOST alone', async () => {
  process.env.GCE_METADATA_HOST = google.metadataHosts.reader
  const auth = new GoogleAuth()
  assert.is(await auth.getProjectId(), projectId)
  assert.is((await auth.getCredentials()).client_email, emailOf('reader'))
})

test('an ID token names the machine and the service it is for', async () => {
  become(google, 'writer')
  const client = await new GoogleAuth().getIdTokenClient('https://slicer.example')
  const headers = await client.getRequestHeaders()
  const token = headers.get('authorization')!.replace('Bearer ', '')
  const rules = { jwksUrl: google.jwksUrl, issuer: google.issuer }

  assert.is(await idTokenVerifier({ ...rules, audience: 'https://slicer.example' })(token), emailOf('writer'))
  await refused(idTokenVerifier({ ...rules, audience: 'https://cws.example' })(token))
  await refused(
    idTokenVerifier({ ...rules, issuer: 'https://else.example', audience: 'https://slicer.example' })(token),
  )
})

test('an access token is no ID token, and an old ID token is none any more', async () => {
  const { access_token } = (await (await metadata('instance/service-accounts/default/token')).json()) as {
    access_token: string
  }
  const verify = idTokenVerifier({ jwksUrl: google.jwksUrl, issuer: google.issuer, audience: 'https://slicer.example' })
  await refused(verify(access_token))

  const { dataDir: otherDir, remove: removeOther } = makeGoogleDir()
  const past = await makeGoogle(otherDir, { clock: () => new Date(Date.now() - 2 * 3600 * 1000) })
  const old = await past.issueIdToken(emailOf('writer'), 'https://slicer.example')
  await refused(
    idTokenVerifier({ jwksUrl: past.jwksUrl, issuer: past.issuer, audience: 'https://slicer.example' })(old),
  )
  await refused(verify(old))
  await past.close()
  removeOther()
})

test('who does not say "Metadata-Flavor: Google", or asks for somebody else, is refused', async () => {
  assert.is((await metadata('instance/service-accounts/default/token', {})).status, 403)
  const forwarded = { 'metadata-flavor': 'Google', 'x-forwarded-for': '10.0.0.1' }
  assert.is((await metadata('instance/service-accounts/default/token', forwarded)).status, 403)
  assert.is((await metadata('instance/service-accounts/default/identity')).status, 400)
  assert.is((await metadata('instance/attributes/ssh-keys')).status, 404)
  const other = await metadata(`instance/service-accounts/${emailOf('reader')}/token`)
  assert.is(other.status, 404)
  assert.is(other.headers.get('metadata-flavor'), 'Google')
})

test('tokens stay good over a restart, and nobody else can read the keys', async () => {
  const token = await google.issueIdToken(emailOf('writer'), 'https://slicer.example')
  await google.close()
  google = await makeGoogle(dataDir)
  const verify = idTokenVerifier({ jwksUrl: google.jwksUrl, issuer: google.issuer, audience: 'https://slicer.example' })
  assert.is(await verify(token), emailOf('writer'))
  assert.is(statSync(join(dataDir, 'issuer/keys.json')).mode & 0o777, 0o600)
})

async function refused(answer: Promise<unknown>): Promise<void> {
  const error = await answer.then(
    () => undefined,
    (thrown: { code?: string }) => thrown,
  )
  assert.is(error?.code, 'unauthenticated')
}

test.run()
