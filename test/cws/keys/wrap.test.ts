import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { grantVerifier } from '../../../cws/grant.ts'
import { statedKeyContext } from '../../../cws/keys/blob.ts'
import { cwsClient, openWithGrant } from '../../../runtime/cws.ts'
import { listen } from '../../../runtime/serve.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { makeCws, serviceAccounts, type TestCws } from '../../make/cws.ts'
import { makeSigningKey } from '../../make/market.ts'

const secret = Buffer.from('CANARY-of-the-secret-that-is-kept')
const data = secret.toString('base64')
const printer = 'printer:printer_1'

let cws: TestCws
let bff: string
let slicer: string

const test = suite('wrapping keys and opening them with a grant')
test.before(async () => {
  cws = await makeCws()
  bff = await cws.idToken(serviceAccounts.bff)
  slicer = await cws.idToken(serviceAccounts.slicer)
})
test.after(() => cws.close())

async function wrap(context = printer, token = bff): Promise<string> {
  const answer = await cws.succeed('encrypt-data', { dataToEncrypt: data, context }, token)
  return String(answer.encryptedData)
}

async function grantFor(...contexts: string[]): Promise<string> {
  return (await cws.tokens.grant('printer_1', 'job_1', contexts as [])).token
}

const claims = () => ({ sub: 'printer_1', role: 'grant', job: 'job_1', contexts: [printer] })

test('a key that the bff wrapped opens with a grant that lists its context', async () => {
  const blob = await wrap()
  assert.is(statedKeyContext(blob), printer)
  const answer = await cws.succeed('decrypt-data', { dataToDecrypt: blob }, await grantFor('model:model_1', printer))
  assert.is(answer.decryptedData, data)
})

test('services and printers reach it with the client that they share', async () => {
  const { url, close } = await listen(cws.app)
  const client = cwsClient(url, async () => ({ authorization: `Bearer ${bff}` }))
  const blob = await client.encrypt(secret, printer)
  assert.equal(await openWithGrant(url, await grantFor(printer), blob), secret)
  const refusal = await openWithGrant(url, await grantFor('printer:other'), blob).catch(error => error)
  assert.ok(isAppError(refusal, 'key_context_mismatch'))
  await close(0)
})

test('a grant for another context does not open it', async () => {
  const answer = await cws.call('decrypt-data', { dataToDecrypt: await wrap() }, await grantFor('printer:printer_2'))
  assert.is(answer.status, 403)
  assert.is(answer.body.code, 'key_context_mismatch')
})

test('a damaged blob is refused', async () => {
  const bytes = Buffer.from(await wrap(), 'base64')
  bytes[bytes.length - 1]! ^= 1
  for (const blob of [bytes.toString('base64'), '', 'AAAA', Buffer.alloc(300, 1).toString('base64')]) {
    const answer = await cws.call('decrypt-data', { dataToDecrypt: blob }, await grantFor(printer))
    assert.is(answer.body.code, 'key_blob_invalid')
  }
  assert.is(
    (await cws.call('decrypt-data', { dataToDecrypt: '~' }, await grantFor(printer))).body.code,
    'invalid_input',
  )
})

test('a grant that is over does not open it', async () => {
  const blob = await wrap()
  const grant = await grantFor(printer)
  assert.is((await cws.call('decrypt-data', { dataToDecrypt: blob }, grant)).status, 200)
  cws.clock.pass(301_000)
  const answer = await cws.call('decrypt-data', { dataToDecrypt: blob }, grant)
  assert.is(answer.body.code, 'unauthenticated')
})

test('a grant that is not exactly what the bff signs for us does not open it', async () => {
  const blob = await wrap()
  const now = Math.floor(cws.clock.now().getTime() / 1000)
  const stranger = await makeSigningKey()
  const kidOfStranger = { alg: 'EdDSA', kid: 'another' }
  const forged = (payload: object, key: Parameters<SignJWT['sign']>[0] = stranger.privateKey, header = kidOfStranger) =>
    new SignJWT({ iss: cws.issuer, aud: 'lmnt-cws', iat: now, exp: now + 60, ...claims(), ...payload })
      .setProtectedHeader(header)
      .sign(key)
  const rsa = await generateKeyPair('RS256')
  const user = (await cws.tokens.forUser('user_1', 'enthusiast')).token
  const unsigned = new UnsecuredJWT({ ...claims(), iat: now, exp: now + 60 }).setIssuer(cws.issuer)
  const wrong: Record<string, string | null> = {
    'no token': null,
    nonsense: 'a.b.c',
    'a key of another issuer': await forged({}),
    'a key of another issuer under our key id': await forged({}, stranger.privateKey, { alg: 'EdDSA', kid: 'test' }),
    'alg none': unsigned.setAudience('lmnt-cws').encode(),
    HS256: await forged({}, Buffer.from('public key as a shared secret 123'), { alg: 'HS256', kid: 'test' }),
    RS256: await forged({}, rsa.privateKey, { alg: 'RS256', kid: 'test' }),
    'a user token of the marketplace': user,
    'an ID token of a service': bff,
  }
  for (const [what, token] of Object.entries(wrong)) {
    const answer = await cws.call('decrypt-data', { dataToDecrypt: blob }, token)
    assert.is(answer.status, 401, what)
    assert.is(answer.body.code, 'unauthenticated', what)
  }
})

test('a grant signed by the bff with a wrong audience, issuer, role or shape does not open it', async () => {
  const blob = await wrap()
  const now = Math.floor(cws.clock.now().getTime() / 1000)
  const good = { iss: cws.issuer, aud: 'lmnt-cws', iat: now, exp: now + 60, ...claims() }
  const wrong: Record<string, object> = {
    audience: { aud: 'lmnt-marketplace' },
    issuer: { iss: 'http://elsewhere.test' },
    role: { role: 'printer' },
    expiry: { exp: undefined },
    subject: { sub: undefined },
    'wallet context': { contexts: ['wallet:wallet:user_1'] },
    'no context': { contexts: [] },
    'no time of issue': { iat: undefined },
    'a longer life than a grant’s': { exp: now + 301 },
    'a life of ten years': { exp: now + 10 * 365 * 24 * 3600 },
    'a time of issue in the far future': { iat: now + 9 * 365 * 24 * 3600, exp: now + 9 * 365 * 24 * 3600 + 300 },
  }
  const sign = (payload: object) => cws.signAsBff(payload)
  assert.is((await cws.call('decrypt-data', { dataToDecrypt: blob }, await sign(good))).status, 200)
  for (const [what, change] of Object.entries(wrong)) {
    const answer = await cws.call('decrypt-data', { dataToDecrypt: blob }, await sign({ ...good, ...change }))
    assert.is(answer.body.code, 'unauthenticated', what)
  }
})

test('each service wraps only the kinds of keys that are its own', async () => {
  const stranger = await cws.idToken(serviceAccounts.stranger)
  const may: [string, string, number][] = [
    ['printer:p', bff, 200],
    ['model:m', bff, 200],
    ['cache:c', slicer, 200],
    ['cache:c', bff, 403],
    [`cache:model_1:${'a'.repeat(64)}`, bff, 403],
    ['printer:p', slicer, 403],
    ['model:m', slicer, 403],
    ['printer:p', stranger, 403],
    ['wallet:w', bff, 400],
    ['wallet:wallet:user_1', bff, 400],
  ]
  for (const [context, token, status] of may) {
    const answer = await cws.call('encrypt-data', { dataToEncrypt: data, context }, token)
    assert.is(answer.status, status, `${context} ${status}`)
  }
})

test('services need an ID token of their own that is meant for us', async () => {
  const body = { dataToEncrypt: data, context: printer }
  const wrong: Record<string, string | null> = {
    'no token': null,
    'a grant': await grantFor(printer),
    'for another service': await cws.idToken(serviceAccounts.bff, { aud: 'http://slicer.test' }),
    'unverified account': await cws.idToken(serviceAccounts.bff, { email_verified: false }),
  }
  for (const [what, token] of Object.entries(wrong)) {
    for (const operation of ['encrypt-data', 'create-wallet', 'sign-transaction']) {
      assert.is((await cws.call(operation, body, token)).status, 401, `${what}: ${operation}`)
    }
  }
})

test('data that could not come back, or is no data, is refused', async () => {
  const wrong = [Buffer.alloc(4097).toString('base64'), '', 'not base64!']
  for (const dataToEncrypt of wrong) {
    const answer = await cws.call('encrypt-data', { dataToEncrypt, context: printer }, bff)
    assert.is(answer.body.code, 'invalid_input')
  }
  const most = Buffer.alloc(4096, 1).toString('base64')
  const { encryptedData } = await cws.succeed('encrypt-data', { dataToEncrypt: most, context: printer }, bff)
  const opened = await cws.succeed('decrypt-data', { dataToDecrypt: encryptedData }, await grantFor(printer))
  assert.is(opened.decryptedData, most)
})

test('a body that is too large or no JSON is refused', async () => {
  const large = await cws.call('encrypt-data', { dataToEncrypt: 'A'.repeat(40_000), context: printer }, bff)
  assert.is(large.body.code, 'payload_too_large')
  // What costs more than its size is refused before it is parsed, and a stranger's unread.
  for (const body of ['['.repeat(30_000), `[${'1,'.repeat(15_000)}1]`]) {
    assert.is((await cws.call('encrypt-data', body, bff)).body.code, 'invalid_input')
    assert.is((await cws.call('encrypt-data', body)).body.code, 'unauthenticated')
  }
  assert.is((await cws.call('encrypt-data', '{', bff)).body.code, 'bad_request')
})

test('every call of ours is in the audit log, refusals too, no stranger’s is, and no secret is in it or in the logs', async () => {
  await cws.sql`DELETE FROM audit_log`
  const blob = await wrap('printer:audited')
  await cws.call('decrypt-data', { dataToDecrypt: blob }, await grantFor('printer:audited'))
  await cws.call('decrypt-data', { dataToDecrypt: blob }, await grantFor('printer:printer_2'))
  await cws.call('encrypt-data', { dataToEncrypt: data, context: 'cache:c' }, bff)
  await cws.call('encrypt-data', { dataToEncrypt: data, context: 'nonsense' }, bff)
  await cws.call('encrypt-data', { dataToEncrypt: data, context: printer }, 'a.b.c')
  await cws.call('encrypt-data', { dataToEncrypt: data, context: printer }, await cws.idToken(serviceAccounts.stranger))
  const rows = await cws.sql`SELECT operation, caller, subject, outcome FROM audit_log ORDER BY id`
  const by = `service:${serviceAccounts.bff}`
  const grant = 'grant:printer_1/job_1'
  assert.equal(
    [...rows].map(row => Object.values(row)),
    [
      ['ops/encrypt-data', by, 'printer:audited', 'ok'],
      ['ops/decrypt-data', grant, 'printer:audited', 'ok'],
      ['ops/decrypt-data', grant, 'printer:audited', 'key_context_mismatch'],
      ['ops/encrypt-data', by, 'cache:c', 'forbidden'],
      ['ops/encrypt-data', by, null, 'invalid_input'],
    ],
  )
  const written = cws.logged() + JSON.stringify([...(await cws.sql`SELECT * FROM audit_log`)].map(String))
  assert.match(cws.logged(), /unauthenticated.*refused a call without a valid token/)
  assert.match(cws.logged(), /forbidden.*refused a call without a valid token/)
  for (const form of [secret.toString(), data, secret.toString('hex')]) assert.not.match(written, form)
})

test('while the marketplace cannot be reached, a grant is not called bad', async () => {
  const { url, close } = await listen({ fetch: () => new Response('no', { status: 503 }) })
  await close(0)
  const verify = grantVerifier({ jwksUrl: `${url}/jwks.json`, issuer: cws.issuer, clock: cws.clock.now })
  const error = await verify(await grantFor(printer)).catch(error => error)
  assert.ok(isAppError(error, 'unavailable'))
})

test('a call that cannot be audited is not answered', async () => {
  await cws.sql`ALTER TABLE audit_log RENAME TO audit_log_away`
  const answer = await cws.call('encrypt-data', { dataToEncrypt: data, context: printer }, bff)
  await cws.sql`ALTER TABLE audit_log_away RENAME TO audit_log`
  assert.is(answer.status, 500)
  assert.is(answer.body.encryptedData, undefined)
})

test.run()
