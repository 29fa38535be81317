import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../../schema/http/ids.ts'
import { makeCws, serviceAccounts } from '../../make/cws.ts'

const test = suite('the keys of cached slices')
const cws = await makeCws()
test.after(cws.close)
const slicer = await cws.idToken(serviceAccounts.slicer)
const data = Buffer.from('a DEK of 32 bytes, as it were ...').toString('base64')

const [one, other] = [newId('model', randomBytes), newId('model', randomBytes)]
const [key, otherKey] = ['1'.repeat(64), '2'.repeat(64)]

test('opens with a grant for the same slice of the same model, and with no other', async () => {
  const context = `cache:${one}:${key}`
  const { encryptedData } = await cws.succeed('encrypt-data', { dataToEncrypt: data, context }, slicer)
  const open = async (granted: string) => {
    const { token } = await cws.tokens.grant('slicer', 'prep_1', [granted as never])
    return (await cws.call('decrypt-data', { dataToDecrypt: encryptedData }, token)).body
  }
  assert.is((await open(context)).decryptedData, data)
  for (const granted of [`cache:${other}:${key}`, `cache:${one}:${otherKey}`, `model:${one}`]) {
    assert.is((await open(granted)).code, 'key_context_mismatch', granted)
  }
})

test('the context is whole, or nothing is wrapped', async () => {
  const wrong = [`cache:${one}:${key}:`, `cache:${one}:`, `cache:${one}:${key.slice(1)}`, `model:${one}:${key}`]
  for (const context of wrong) {
    const answer = await cws.call('encrypt-data', { dataToEncrypt: data, context }, slicer)
    assert.is(answer.status, 400, context)
  }
})

test.run()
